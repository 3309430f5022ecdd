-- +goose Up
-- What was confirmed at the gates that hang on the plan holds for that version.
-- What was confirmed before this was so holds for the plan that the gate was
-- decided on or, where it was not opened yet, for the one of the release.
ALTER TABLE attestations ADD COLUMN plan_version BIGINT NOT NULL DEFAULT 0;
UPDATE attestations SET plan_version = COALESCE(
    (SELECT g.plan_version FROM gates g WHERE g.release_id = attestations.release_id AND g.code = attestations.gate AND g.state <> 'Pending'),
    (SELECT r.plan_version FROM releases r WHERE r.id = attestations.release_id), 0)
  WHERE gate IN ('A2', 'A4');
DROP INDEX attestations_once;
CREATE UNIQUE INDEX attestations_once ON attestations (release_id, criterion, package_digest, plan_version);
