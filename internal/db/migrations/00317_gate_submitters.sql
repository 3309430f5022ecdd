-- +goose Up
-- Who submitted a gate by their own word, and so does not decide it; 0 where the
-- gate before opened it. An emergency authority that was refused in retrospect
-- speaks for no gate any more.
ALTER TABLE gates ADD COLUMN submitter_id BIGINT NOT NULL DEFAULT 0;
ALTER TABLE emergency_authorities ADD COLUMN refused BOOLEAN NOT NULL DEFAULT FALSE;
UPDATE emergency_authorities SET refused = TRUE WHERE release_id IN (SELECT r.id FROM releases r JOIN changes c ON c.change_key = r.change_key WHERE c.unauthorised);
