-- waiting --
-- what waits for the dispatcher: news it has not looked at, and alerts that were to be looked at again by now
select (select count(*) from alert_news) as news, (select min(at) from alert_news) as oldest_news_at,
       (select min(next_at) from alert_dispatch where next_at <= %(now)s::timestamptz) as overdue_at
