-- +goose Up
-- They were to be sent by a room that there is not, and would all go out on the
-- day that there is one. What they tell of stands in the plan and the notices.
DELETE FROM jobs WHERE kind IN ('plan.agreement', 'plan.notice');
