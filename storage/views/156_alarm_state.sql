-- The state of an alarm as a person sees it, after ISA-18.2: domain/alarmstate.py in SQL; a test compares the two.
create function dash.alert_display_v1(
    state text, was_told boolean, is_acknowledged boolean, is_shelved boolean, is_suppressed boolean,
    is_out_of_service boolean
) returns text language sql immutable parallel safe as $$
    select case
        when state = 'resolved' then
            case when was_told and not is_acknowledged then 'returned_unacknowledged' else 'normal' end
        when is_out_of_service then 'out_of_service'
        when is_suppressed then 'suppressed'
        when is_shelved then 'shelved'
        when state = 'pending' then 'pending'
        when is_acknowledged then 'acknowledged'
        else 'unacknowledged'
    end
$$;
