-- +goose Up
CREATE TABLE releases (
  id {id}, version BIGINT NOT NULL DEFAULT 1, created_at BIGINT NOT NULL DEFAULT 0, updated_at BIGINT NOT NULL DEFAULT 0,
  release_key TEXT NOT NULL, title TEXT NOT NULL, summary TEXT NOT NULL DEFAULT '', service_id BIGINT NOT NULL REFERENCES services (id),
  service_key TEXT NOT NULL, service_name TEXT NOT NULL, type TEXT NOT NULL, scale TEXT NOT NULL, delivery TEXT NOT NULL, execution TEXT NOT NULL,
  policy_version_id BIGINT NOT NULL, policy_label TEXT NOT NULL, model_version_id BIGINT NOT NULL, model_label TEXT NOT NULL,
  author_id BIGINT NOT NULL, author_name TEXT NOT NULL, owner_id BIGINT NOT NULL, owner_name TEXT NOT NULL,
  window_start BIGINT NOT NULL DEFAULT 0, window_stop BIGINT NOT NULL DEFAULT 0, zone TEXT NOT NULL, restricted BOOLEAN NOT NULL DEFAULT FALSE,
  state TEXT NOT NULL, held_from TEXT NOT NULL DEFAULT '', outcome TEXT NOT NULL DEFAULT '', touched BOOLEAN NOT NULL DEFAULT FALSE,
  plan_version BIGINT NOT NULL DEFAULT 0, plan_agreed BOOLEAN NOT NULL DEFAULT FALSE, package_version BIGINT NOT NULL DEFAULT 0,
  package_digest TEXT NOT NULL DEFAULT '', signed_digest TEXT NOT NULL DEFAULT '', open_risks BIGINT NOT NULL DEFAULT 0,
  change_key TEXT NOT NULL DEFAULT '', incident TEXT NOT NULL DEFAULT '', els_days BIGINT NOT NULL DEFAULT 0, baseline_id BIGINT NOT NULL DEFAULT 0,
  gates TEXT NOT NULL DEFAULT '', ended_at BIGINT NOT NULL DEFAULT 0
);
CREATE UNIQUE INDEX releases_key ON releases (release_key);
CREATE INDEX releases_service ON releases (service_id, id);
CREATE INDEX releases_state ON releases (state, id);

CREATE TABLE release_counts (
  service_id BIGINT NOT NULL, state TEXT NOT NULL, restricted BOOLEAN NOT NULL, total BIGINT NOT NULL, PRIMARY KEY (service_id, state, restricted)
);

CREATE TABLE release_phases (
  id {id}, release_id BIGINT NOT NULL REFERENCES releases (id), state TEXT NOT NULL, since BIGINT NOT NULL, verb TEXT NOT NULL, by_name TEXT NOT NULL, reason TEXT NOT NULL DEFAULT ''
);
CREATE INDEX release_phases_release ON release_phases (release_id, id);

CREATE TABLE release_viewers (release_id BIGINT NOT NULL REFERENCES releases (id), user_id BIGINT NOT NULL, PRIMARY KEY (release_id, user_id));

CREATE TABLE release_items (
  id {id}, version BIGINT NOT NULL DEFAULT 1, created_at BIGINT NOT NULL DEFAULT 0, updated_at BIGINT NOT NULL DEFAULT 0,
  release_id BIGINT NOT NULL REFERENCES releases (id), item_id BIGINT NOT NULL, item_key TEXT NOT NULL, item_name TEXT NOT NULL, item_kind TEXT NOT NULL,
  as_is TEXT NOT NULL DEFAULT '', to_be TEXT NOT NULL DEFAULT '', decision TEXT NOT NULL DEFAULT '', reason TEXT NOT NULL DEFAULT '', why TEXT NOT NULL DEFAULT ''
);
CREATE UNIQUE INDEX release_items_once ON release_items (release_id, item_id);

CREATE TABLE packages (
  id {id}, version BIGINT NOT NULL DEFAULT 1, created_at BIGINT NOT NULL DEFAULT 0, updated_at BIGINT NOT NULL DEFAULT 0,
  release_id BIGINT NOT NULL REFERENCES releases (id), number BIGINT NOT NULL, state TEXT NOT NULL, digest TEXT NOT NULL DEFAULT '', manifest TEXT NOT NULL DEFAULT '',
  author_id BIGINT NOT NULL, author_name TEXT NOT NULL, verifier_id BIGINT NOT NULL DEFAULT 0, verifier_name TEXT NOT NULL DEFAULT '',
  baselined_at BIGINT NOT NULL DEFAULT 0, rechecked_at BIGINT NOT NULL DEFAULT 0
);
CREATE UNIQUE INDEX packages_number ON packages (release_id, number);
CREATE INDEX packages_digest ON packages (digest);

CREATE TABLE components (
  id {id}, version BIGINT NOT NULL DEFAULT 1, created_at BIGINT NOT NULL DEFAULT 0, updated_at BIGINT NOT NULL DEFAULT 0,
  package_id BIGINT NOT NULL REFERENCES packages (id), kind TEXT NOT NULL, item_id BIGINT NOT NULL DEFAULT 0, item_key TEXT NOT NULL DEFAULT '',
  name TEXT NOT NULL, label TEXT NOT NULL DEFAULT '', digest TEXT NOT NULL DEFAULT '', media_version_id BIGINT NOT NULL DEFAULT 0, media_item TEXT NOT NULL DEFAULT '',
  serial TEXT NOT NULL DEFAULT '', location TEXT NOT NULL DEFAULT '', reference TEXT NOT NULL DEFAULT '', licence_key TEXT NOT NULL DEFAULT '', quantity BIGINT NOT NULL DEFAULT 0
);
CREATE INDEX components_package ON components (package_id);

CREATE TABLE gates (
  id {id}, version BIGINT NOT NULL DEFAULT 1, created_at BIGINT NOT NULL DEFAULT 0, updated_at BIGINT NOT NULL DEFAULT 0,
  release_id BIGINT NOT NULL REFERENCES releases (id), code TEXT NOT NULL, state TEXT NOT NULL, round BIGINT NOT NULL DEFAULT 1,
  opened_at BIGINT NOT NULL DEFAULT 0, expires_at BIGINT NOT NULL DEFAULT 0, decided_at BIGINT NOT NULL DEFAULT 0, decided_by TEXT NOT NULL DEFAULT '',
  plan_version BIGINT NOT NULL DEFAULT 0, package_digest TEXT NOT NULL DEFAULT '', window_start BIGINT NOT NULL DEFAULT 0, window_stop BIGINT NOT NULL DEFAULT 0,
  void_reason TEXT NOT NULL DEFAULT '', voided_at BIGINT NOT NULL DEFAULT 0
);
CREATE UNIQUE INDEX gates_code ON gates (release_id, code);
CREATE INDEX gates_open ON gates (state, release_id);

CREATE TABLE decisions (
  id {id}, version BIGINT NOT NULL DEFAULT 1, created_at BIGINT NOT NULL DEFAULT 0, updated_at BIGINT NOT NULL DEFAULT 0,
  gate_id BIGINT NOT NULL REFERENCES gates (id), release_id BIGINT NOT NULL, code TEXT NOT NULL, round BIGINT NOT NULL, verdict TEXT NOT NULL,
  role TEXT NOT NULL, by_id BIGINT NOT NULL, by_name TEXT NOT NULL, comment TEXT NOT NULL DEFAULT '', authority TEXT NOT NULL DEFAULT '',
  package_digest TEXT NOT NULL DEFAULT '', plan_version BIGINT NOT NULL DEFAULT 0, snapshot TEXT NOT NULL DEFAULT '[]'
);
CREATE UNIQUE INDEX decisions_once ON decisions (gate_id, round, by_id);
CREATE INDEX decisions_release ON decisions (release_id, id);

CREATE TABLE waivers (
  id {id}, version BIGINT NOT NULL DEFAULT 1, created_at BIGINT NOT NULL DEFAULT 0, updated_at BIGINT NOT NULL DEFAULT 0,
  release_id BIGINT NOT NULL, gate TEXT NOT NULL, finding TEXT NOT NULL, title TEXT NOT NULL, exception TEXT NOT NULL, state TEXT NOT NULL,
  risk_owner_id BIGINT NOT NULL, risk_owner TEXT NOT NULL, expires_at BIGINT NOT NULL, asked_by_id BIGINT NOT NULL, asked_by TEXT NOT NULL,
  decided_by_id BIGINT NOT NULL DEFAULT 0, decided_by TEXT NOT NULL DEFAULT '', decided_at BIGINT NOT NULL DEFAULT 0, comment TEXT NOT NULL DEFAULT ''
);
CREATE INDEX waivers_release ON waivers (release_id, gate);

CREATE TABLE attestations (
  id {id}, version BIGINT NOT NULL DEFAULT 1, created_at BIGINT NOT NULL DEFAULT 0, updated_at BIGINT NOT NULL DEFAULT 0,
  release_id BIGINT NOT NULL, gate TEXT NOT NULL, criterion TEXT NOT NULL, evidence TEXT NOT NULL, by_id BIGINT NOT NULL, by_name TEXT NOT NULL
);
CREATE UNIQUE INDEX attestations_once ON attestations (release_id, criterion);

CREATE TABLE readiness (
  id {id}, version BIGINT NOT NULL DEFAULT 1, created_at BIGINT NOT NULL DEFAULT 0, updated_at BIGINT NOT NULL DEFAULT 0,
  release_id BIGINT NOT NULL, area TEXT NOT NULL, colour TEXT NOT NULL, note TEXT NOT NULL DEFAULT '', owner_id BIGINT NOT NULL DEFAULT 0, owner_name TEXT NOT NULL DEFAULT '',
  due BIGINT NOT NULL DEFAULT 0, by_id BIGINT NOT NULL, by_name TEXT NOT NULL
);
CREATE UNIQUE INDEX readiness_once ON readiness (release_id, area);

CREATE TABLE emergency_authorities (
  id {id}, version BIGINT NOT NULL DEFAULT 1, created_at BIGINT NOT NULL DEFAULT 0, updated_at BIGINT NOT NULL DEFAULT 0,
  release_id BIGINT NOT NULL, kind TEXT NOT NULL, by_id BIGINT NOT NULL, by_name TEXT NOT NULL, role TEXT NOT NULL, comment TEXT NOT NULL
);
CREATE UNIQUE INDEX emergency_authorities_release ON emergency_authorities (release_id);

CREATE TABLE window_overrides (
  id {id}, version BIGINT NOT NULL DEFAULT 1, created_at BIGINT NOT NULL DEFAULT 0, updated_at BIGINT NOT NULL DEFAULT 0,
  release_id BIGINT NOT NULL, until_at BIGINT NOT NULL, reason TEXT NOT NULL, by_id BIGINT NOT NULL, by_name TEXT NOT NULL
);
CREATE INDEX window_overrides_release ON window_overrides (release_id, until_at);
