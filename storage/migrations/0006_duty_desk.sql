-- Alerts that duty staff trust: holds, silences, what was decided about telling whom, people and their roster, accounts
-- of the duty desk, and what they did. Safe while the previous version runs: only new tables, wider checks, and new
-- columns that it neither reads nor must write.

alter table alert
    add column condition text not null default 'violation' check (condition in ('violation', 'no_data')),
    add column no_data_since timestamptz,
    add column notified_at timestamptz,
    add column realarmed_at timestamptz,
    add column assignee text;
comment on column alert.condition is 'what lasts: a violation, or that nothing valid has been known for the rule''s no_data_for';
comment on column alert.no_data_since is 'event time since which nothing is known; null while the newest period says something';
comment on column alert.notified_at is 'platform clock when the first message about it was put into the outbox; null: nobody was told';
comment on column alert.realarmed_at is 'platform clock when it was told anew although acknowledged; it counts as unacknowledged since';
comment on column alert.assignee is 'person it was handed over to; null: whoever is on duty';
create index ix_alert_series on alert (rule_id, subject, occurred_at desc);
create index ix_alert_returned on alert (alert_id desc)
    where state = 'resolved' and notified_at is not null and (acknowledged_at is null or realarmed_at > acknowledged_at);

alter table alert_event add column detail jsonb;
create index ix_alert_event_at on alert_event (at) where kind in ('firing', 'resolved');
create index ix_alert_event_act on alert_event (at)
    where kind in ('acknowledged', 'return_confirmed', 'commented', 'handed_over', 'shelved', 'unshelved',
                   'out_of_service', 'in_service');

create table alert_hold (
    hold_id bigint generated always as identity primary key,
    kind text not null check (kind in ('shelved', 'out_of_service')),
    rule_id text not null,
    subject text not null,
    enterprise_id int references enterprise (enterprise_id),
    alert_id bigint references alert (alert_id),
    from_at timestamptz not null,
    until_at timestamptz check (until_at > from_at),
    author text not null,
    reason text not null check (reason <> ''),
    ended_at timestamptz,
    ended_by text,
    check (kind = 'out_of_service' or until_at is not null),
    check ((ended_at is null) = (ended_by is null))
);
create index ix_alert_hold_series on alert_hold (rule_id, subject) where ended_at is null;
comment on table alert_hold is 'ISA-18.2: an alarm shelved by a person for a limited time, or taken out of service; both of one (rule, subject)';
comment on column alert_hold.alert_id is 'the alert at which it was done';

create table silence (
    silence_id bigint generated always as identity primary key,
    matchers jsonb not null,
    starts_at timestamptz not null,
    ends_at timestamptz not null check (ends_at > starts_at),
    author text not null,
    comment text not null check (comment <> ''),
    created_at timestamptz not null,
    ended_at timestamptz,
    ended_by text,
    check ((ended_at is null) = (ended_by is null))
);
create index ix_silence_ends on silence (ends_at) where ended_at is null;
comment on table silence is 'after Alertmanager: whatever all matchers fit is judged and shown, but nobody is told';

create table history_notice (
    notice_id bigint generated always as identity primary key,
    enterprise_id int references enterprise (enterprise_id),
    from_at timestamptz not null,
    to_at timestamptz not null check (to_at > from_at),
    until_at timestamptz not null,
    author text not null,
    created_at timestamptz not null
);
comment on table history_notice is 'somebody asked that alerts on old periods be told: those that occur in [from_at, to_at), decided until until_at';

create table alert_news (
    news_id bigint generated always as identity primary key,
    alert_id bigint not null references alert (alert_id),
    kind text not null check (kind in ('fired', 'resolved', 'withdrawn', 'acknowledged', 'handed_over', 'released')),
    established_at timestamptz not null,
    at timestamptz not null
);
comment on table alert_news is 'work list of the dispatcher: written in the transaction that changes the alert, deleted in the one that decides';
comment on column alert_news.established_at is 'event time: end of the newest period that shows it; older than a day is history';

create table alert_dispatch (
    alert_id bigint primary key references alert (alert_id),
    state text not null check (state in ('told', 'held', 'silent', 'over')),
    reason text not null,
    since_at timestamptz not null,
    cause_alert_id bigint references alert (alert_id),
    teams text[] not null default '{}',
    step int not null default 0,
    told_at timestamptz,
    told_count int not null default 0,
    next_at timestamptz,
    progress jsonb not null default '{}'
);
create index ix_alert_dispatch_next on alert_dispatch (next_at) where next_at is not null;
create index ix_alert_dispatch_held on alert_dispatch (reason) where state = 'held';
create index ix_alert_dispatch_cause on alert_dispatch (cause_alert_id) where cause_alert_id is not null;
comment on table alert_dispatch is 'how far telling about an alert has come; the dispatcher alone writes it';
comment on column alert_dispatch.state is 'told: people know; held: not told for a reason that may pass; silent: nobody is to be told; over';
comment on column alert_dispatch.progress is 'by team: what it was told, what is held back from it and why, how far escalation has come';
comment on column alert_dispatch.next_at is 'platform clock when it is to be looked at again: repeat, escalation, end of a hold; null: only on news';

create table flapping (
    rule_id text not null,
    subject text not null,
    since_at timestamptz not null,
    until_at timestamptz not null check (until_at > since_at),
    changes int not null,
    alert_id bigint not null references alert (alert_id),
    primary key (rule_id, subject, since_at)
);
comment on table flapping is 'series whose alerts come and go: told once, then held until they have been quiet';

alter table rule
    add column missed_from timestamptz,
    add column missed_to timestamptz;
comment on column rule.missed_from is 'the rule was not judged until missed_to (a stage was down, or it failed): what it found then is told late, not history';

create table flood (
    flood_id bigint generated always as identity primary key,
    team text not null,
    began_at timestamptz not null,
    ended_at timestamptz,
    alerts int not null default 0,
    digests int not null default 0,
    last_digest_at timestamptz
);
create unique index ux_flood_open on flood (team) where ended_at is null;
comment on table flood is 'EEMUA 191: more than ten alerts for a team in ten minutes; told in digests until it is over';

alter table notification
    drop constraint notification_event_check,
    add constraint notification_event_check
        check (event in ('firing', 'resolved', 'repeated', 'realarmed', 'escalated', 'handed_over', 'digest', 'test')),
    alter column alert_id drop not null,
    add column team text,
    add column group_key text,
    add column started_at timestamptz,
    add column in_hand boolean not null default false,
    add column in_doubt boolean not null default false,
    add column deferred_until timestamptz,
    add column failed_at timestamptz;
comment on column notification.alert_id is 'the alert it is first about; notification_alert has all of them; null for a test';
comment on column notification.started_at is 'wall clock when the latest attempt began';
comment on column notification.in_hand is 'an attempt began and is not noted; whoever gets its lock follows a worker that died';
comment on column notification.in_doubt is 'a worker ended between sending and noting it: the message says that it may be a repeat';
comment on column notification.group_key is 'what its alerts have in common: alerts of the same group wait for the team''s group interval';
create index ix_notification_at on notification (queued_at);
create index ix_notification_group on notification (team, queued_at) where team is not null;
create index ix_notification_sent on notification (channel, started_at) where started_at is not null;

create table notification_alert (
    notification_id bigint not null references notification (notification_id),
    alert_id bigint not null references alert (alert_id),
    event text not null,
    value double precision,
    primary key (notification_id, alert_id)
);
comment on column notification_alert.value is 'what the message said of how much, so that the next one can say whether it is worse';
create index ix_notification_alert_alert on notification_alert (alert_id);

-- what was told before there were teams
insert into notification_alert (notification_id, alert_id, event)
select notification_id, alert_id, event from notification where alert_id is not null;
update alert a
set notified_at = n.queued_at
from (select alert_id, min(queued_at) as queued_at from notification where event = 'firing' group by alert_id) n
where n.alert_id = a.alert_id;
insert into alert_dispatch (alert_id, state, reason, since_at, told_at, told_count)
select alert_id, 'told', 'first', notified_at, notified_at, 1 from alert
where state = 'firing' and notified_at is not null;

create table notification_decision (
    decision_id bigint generated always as identity primary key,
    at timestamptz not null,
    alert_id bigint not null references alert (alert_id),
    event text not null,
    team text,
    channel text,
    receiver text,
    decision text not null check (decision in ('send', 'hold', 'drop')),
    reason text not null,
    detail text not null default '',
    notification_id bigint references notification (notification_id)
);
create index ix_notification_decision_alert on notification_decision (alert_id, decision_id);
create index ix_notification_decision_at on notification_decision (at);
comment on table notification_decision is 'the record: every decision to send or not, with its reason. Lines notify and not_notified of alert_event are written from it, in the same transaction, so that an alert''s history is one list in one order; nothing is counted by them';

create table channel_state (
    channel text primary key,
    kind text,
    is_group boolean not null default false,
    rate_per_min int,
    configured_at timestamptz,
    last_ok_at timestamptz,
    last_failure_at timestamptz,
    failures int not null default 0,
    last_error text,
    failing_since timestamptz,
    gave_up_at timestamptz
);
comment on table channel_state is 'how a channel has answered, by the platform''s clock; failures counts those since the last success';
comment on column channel_state.configured_at is 'when an alert stage that has it last started';
comment on column channel_state.gave_up_at is 'when it last gave up a message, until the next success';

create table person (
    person_id int generated always as identity primary key,
    code text not null unique check (code ~ '^[a-z0-9-]{1,64}$'),
    name text not null,
    enterprise_id int references enterprise (enterprise_id),
    contacts jsonb not null default '[]',
    active boolean not null default true
);
comment on column person.contacts is 'list of {"channel", "address"}, most preferred first; an address never leaves the database but to its channel';

create table team (
    team_id int generated always as identity primary key,
    code text not null unique check (code ~ '^[a-z0-9-]{1,64}$'),
    name text not null,
    district text references district (code),
    enterprise_id int references enterprise (enterprise_id),
    lead text,
    channels text[] not null default '{}',
    escalation jsonb not null default '[]',
    policy jsonb not null default '{}'
);
comment on column team.lead is 'person told where the roster has a gap, and by escalation steps that say so';
comment on column team.escalation is 'list of {"after_min", "to", "severities"}; to: on_duty, next, lead, team:CODE or person:CODE';
comment on column team.policy is 'what differs from the defaults: grouping, repeats, flood, quiet hours';

create table duty_shift (
    shift_id int generated always as identity primary key,
    team_id int not null references team (team_id),
    code text not null check (code ~ '^[a-z0-9-]{1,64}$'),
    name text not null,
    starts_at text not null check (starts_at ~ '^([01][0-9]|2[0-3]):[0-5][0-9]$'),
    hours double precision not null check (hours > 0 and hours <= 24),
    days text not null default 'all' check (days in ('all', 'workdays', 'restdays')),
    members text[] not null check (cardinality(members) > 0),
    seats int not null default 1 check (seats > 0),
    turn text not null default 'day' check (turn in ('shift', 'day', 'week', 'month')),
    every int not null default 1 check (every > 0),
    anchor_on date not null,
    valid_from date not null,
    valid_to date check (valid_to > valid_from),
    unique (team_id, code, valid_from)
);
comment on column duty_shift.starts_at is 'local time of day';
comment on column duty_shift.days is 'local days on which it begins; working days are the State Council''s, with make-up days';
comment on column duty_shift.turn is 'after how long the next of the members comes on, with every: 2 and week is a fortnight';
comment on column duty_shift.anchor_on is 'local day on which the first member begins';

create table duty_override (
    override_id bigint generated always as identity primary key,
    team_id int not null references team (team_id),
    from_at timestamptz not null,
    until_at timestamptz not null check (until_at > from_at),
    person text not null,
    replaces text,
    author text not null,
    reason text not null,
    created_at timestamptz not null,
    cancelled_at timestamptz,
    cancelled_by text
);
comment on column duty_override.replaces is 'whose turn the person takes; null: comes in addition';

create table alert_route (
    route_id int generated always as identity primary key,
    code text not null unique check (code ~ '^[a-z0-9-]{1,64}$'),
    position int not null,
    matchers jsonb not null default '[]',
    team_id int not null references team (team_id),
    goes_on boolean not null default false
);
comment on table alert_route is 'first that fits by position decides who is told, and those after it as long as goes_on says so';

create table handover (
    handover_id bigint generated always as identity primary key,
    team_id int not null references team (team_id),
    from_at timestamptz not null,
    until_at timestamptz not null check (until_at > from_at),
    at timestamptz not null,
    author text not null,
    giver text not null,
    taker text not null,
    note text not null,
    snapshot jsonb not null
);
create index ix_handover_team on handover (team_id, at desc);
comment on table handover is '交接班: what one shift tells the next, with what stood then; append-only';

create table account (
    account_id int generated always as identity primary key,
    login text not null unique check (login ~ '^[a-z0-9._-]{2,64}$'),
    name text not null check (name <> ''),
    role text not null check (role in ('viewer', 'duty', 'lead', 'admin', 'enterprise')),
    enterprise_id int references enterprise (enterprise_id),
    person text,
    team text,
    password_hash text not null,
    password_set_at timestamptz not null,
    created_at timestamptz not null,
    created_by text not null,
    disabled_at timestamptz,
    check ((role = 'enterprise') = (enterprise_id is not null))
);
comment on column account.enterprise_id is 'of a plant''s own people: the plant whose rows they see; its gateways have a credential of their own';

create table desk_session (
    token_hash bytea primary key,
    account_id int references account (account_id),
    enterprise_id int references enterprise (enterprise_id),
    csrf text not null,
    created_at timestamptz not null,
    seen_at timestamptz not null,
    expires_at timestamptz not null,
    ended_at timestamptz,
    address text not null,
    device bytea,
    check ((account_id is null) <> (enterprise_id is null))
);
comment on column desk_session.device is 'SHA-256 of what the browser keeps beyond the session: by it a login is known there, whatever its address';
comment on table desk_session is 'who is signed in at the duty desk; the cookie holds the token, this its SHA-256';

create table sign_in_failure (
    failure_id bigint generated always as identity primary key,
    login text not null,
    address text not null,
    at timestamptz not null
);
create index ix_sign_in_failure on sign_in_failure (login, at);
create index ix_sign_in_failure_address on sign_in_failure (address, at);

create table audit (
    audit_id bigint generated always as identity primary key,
    at timestamptz not null,
    actor text not null,
    role text not null,
    action text not null,
    object text not null,
    detail jsonb not null default '{}',
    outcome text not null check (outcome in ('done', 'refused')),
    address text not null default ''
);
create index ix_audit_at on audit (at desc);
comment on table audit is 'append-only: what people did at the desk, by the API and on the command line; never a secret';

create function refuse_change_v1() returns trigger language plpgsql as $$
begin
    raise exception '% is append-only: no line of it is changed or removed', tg_table_name
        using errcode = 'restrict_violation';
end $$;
create trigger audit_is_append_only before update or delete or truncate on audit
    for each statement execute function refuse_change_v1();

create table gateway_point (
    enterprise_id int not null references enterprise (enterprise_id),
    gateway text not null,
    point_id int not null references point (point_id),
    first_at timestamptz not null,
    last_at timestamptz not null,
    primary key (enterprise_id, gateway, point_id)
);
create index ix_gateway_point_point on gateway_point (point_id);
comment on table gateway_point is 'which gateway has ever sent readings of which point: what falls silent with it';
comment on column gateway_point.last_at is 'instant of a reading, within a day of the newest: tells a gateway that was replaced';

