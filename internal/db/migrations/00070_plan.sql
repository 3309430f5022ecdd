-- +goose Up
CREATE TABLE plans (
  id {id}, version BIGINT NOT NULL DEFAULT 1, created_at BIGINT NOT NULL DEFAULT 0, updated_at BIGINT NOT NULL DEFAULT 0,
  release_id BIGINT NOT NULL, release_key TEXT NOT NULL, number BIGINT NOT NULL, state TEXT NOT NULL, content TEXT NOT NULL, difference TEXT NOT NULL DEFAULT '[]',
  by_id BIGINT NOT NULL, by_name TEXT NOT NULL, submitted_by_id BIGINT NOT NULL DEFAULT 0, submitted_by TEXT NOT NULL DEFAULT '', submitted_at BIGINT NOT NULL DEFAULT 0,
  agreed_at BIGINT NOT NULL DEFAULT 0
);
CREATE UNIQUE INDEX plans_number ON plans (release_id, number);

CREATE TABLE plan_agreements (
  id {id}, plan_id BIGINT NOT NULL, stakeholder_id BIGINT NOT NULL, person_id BIGINT NOT NULL, person_name TEXT NOT NULL,
  verdict TEXT NOT NULL, comment TEXT NOT NULL DEFAULT '', given_at BIGINT NOT NULL
);
CREATE INDEX plan_agreements_plan ON plan_agreements (plan_id);

CREATE TABLE stakeholders (
  id {id}, version BIGINT NOT NULL DEFAULT 1, created_at BIGINT NOT NULL DEFAULT 0, updated_at BIGINT NOT NULL DEFAULT 0,
  service_id BIGINT NOT NULL, release_id BIGINT NOT NULL DEFAULT 0, person_id BIGINT NOT NULL DEFAULT 0, name TEXT NOT NULL, interest BIGINT NOT NULL, influence BIGINT NOT NULL,
  raci TEXT NOT NULL, channel TEXT NOT NULL DEFAULT '', duty TEXT NOT NULL DEFAULT '', required BOOLEAN NOT NULL DEFAULT FALSE
);
CREATE INDEX stakeholders_release ON stakeholders (release_id);
CREATE INDEX stakeholders_service ON stakeholders (service_id, release_id);
CREATE INDEX stakeholders_person ON stakeholders (person_id);

CREATE TABLE notices (
  id {id}, version BIGINT NOT NULL DEFAULT 1, created_at BIGINT NOT NULL DEFAULT 0, updated_at BIGINT NOT NULL DEFAULT 0,
  release_id BIGINT NOT NULL, release_key TEXT NOT NULL, number BIGINT NOT NULL, audience TEXT NOT NULL, channel TEXT NOT NULL DEFAULT '', text TEXT NOT NULL,
  action_text TEXT NOT NULL DEFAULT '', contact TEXT NOT NULL DEFAULT '', send_by BIGINT NOT NULL DEFAULT 0,
  sent_at BIGINT NOT NULL DEFAULT 0, sent_by_id BIGINT NOT NULL DEFAULT 0, sent_by TEXT NOT NULL DEFAULT ''
);
CREATE UNIQUE INDEX notices_number ON notices (release_id, number);

CREATE TABLE acknowledgements (
  id {id}, notice_id BIGINT NOT NULL, person_id BIGINT NOT NULL, person_name TEXT NOT NULL, given_at BIGINT NOT NULL
);
CREATE UNIQUE INDEX acknowledgements_once ON acknowledgements (notice_id, person_id);

CREATE TABLE risks (
  id {id}, version BIGINT NOT NULL DEFAULT 1, created_at BIGINT NOT NULL DEFAULT 0, updated_at BIGINT NOT NULL DEFAULT 0,
  release_id BIGINT NOT NULL, release_key TEXT NOT NULL, service_id BIGINT NOT NULL, service_name TEXT NOT NULL DEFAULT '', restricted BOOLEAN NOT NULL DEFAULT FALSE, number BIGINT NOT NULL,
  cause TEXT NOT NULL, event TEXT NOT NULL, effect TEXT NOT NULL, probability BIGINT NOT NULL, impact BIGINT NOT NULL,
  response TEXT NOT NULL DEFAULT '', treatment TEXT NOT NULL DEFAULT '', owner_id BIGINT NOT NULL DEFAULT 0, owner_name TEXT NOT NULL DEFAULT '', due BIGINT NOT NULL DEFAULT 0,
  residual_probability BIGINT NOT NULL DEFAULT 0, residual_impact BIGINT NOT NULL DEFAULT 0, state TEXT NOT NULL, appetite BIGINT NOT NULL DEFAULT 0,
  decided_by_id BIGINT NOT NULL DEFAULT 0, decided_by TEXT NOT NULL DEFAULT '', decided_at BIGINT NOT NULL DEFAULT 0, reason TEXT NOT NULL DEFAULT ''
);
CREATE UNIQUE INDEX risks_number ON risks (release_id, number);
CREATE INDEX risks_state ON risks (state);
