-- +goose Up
-- A release package is an OCI index, pulled from dml/releases/REPOSITORY. The
-- digest that was signed stays as it is; index_digest says under which index the
-- package is pulled, and is the same digest for every package that begins as one.
ALTER TABLE packages ADD COLUMN index_digest TEXT NOT NULL DEFAULT '';
CREATE INDEX packages_index ON packages (index_digest);
ALTER TABLE components ADD COLUMN manifest TEXT NOT NULL DEFAULT '';
UPDATE components SET manifest = COALESCE((SELECT v.manifest FROM media_versions v WHERE v.id = components.media_version_id AND v.digest = components.digest), '')
  WHERE media_version_id <> 0;

-- The key as the grammar of repositories has it; one that differs from an older
-- release's in case alone carries its number.
ALTER TABLE releases ADD COLUMN repository TEXT NOT NULL DEFAULT '';
UPDATE releases SET repository = RTRIM(REPLACE(REPLACE(REPLACE(LOWER(release_key), '..', '.'), '--', '-'), '__', '_'), '._-');
UPDATE releases SET repository = repository || '-' || id
  WHERE EXISTS (SELECT 1 FROM releases older WHERE older.repository = releases.repository AND older.id < releases.id);
CREATE UNIQUE INDEX releases_repository ON releases (repository) WHERE repository <> '';

-- What was said about a package holds for that package. What was said before
-- this was so holds for the package that the release has now.
ALTER TABLE attestations ADD COLUMN package_digest TEXT NOT NULL DEFAULT '';
UPDATE attestations SET package_digest = (SELECT r.package_digest FROM releases r WHERE r.id = attestations.release_id)
  WHERE gate IN ('A3', 'A4') AND release_id IN (SELECT id FROM releases);
DROP INDEX attestations_once;
CREATE UNIQUE INDEX attestations_once ON attestations (release_id, criterion, package_digest);
ALTER TABLE readiness ADD COLUMN package_digest TEXT NOT NULL DEFAULT '';
UPDATE readiness SET package_digest = (SELECT r.package_digest FROM releases r WHERE r.id = readiness.release_id)
  WHERE area IN ('package', 'data', 'security', 'licences', 'back-out') AND release_id IN (SELECT id FROM releases);

-- What was rolled back before it was everywhere operates nowhere.
UPDATE packages SET state = 'Withdrawn' WHERE state = 'SignedOff'
  AND release_id IN (SELECT id FROM releases WHERE outcome = 'RolledBack' AND state IN ('RolledBack', 'Review', 'Closed'));
