package release_test

import (
	"encoding/json"
	"strings"
	"testing"

	"slipway/internal/db"
	"slipway/internal/dbtest"
	"slipway/internal/dml"
	"slipway/internal/fault"
	"slipway/internal/release"
)

// age makes a package what it was before packages were indexes: what was signed
// is the list of its components, and nothing in the library knows of it.
func (w *world) age(key string) (signed string) {
	w.t.Helper()
	text, digest := release.Canonical(key, "PAY", w.lines(key))
	was := w.read(key).PackageDigest
	w.in(func(tx *db.Tx) error {
		for _, sql := range []string{
			"UPDATE packages SET manifest = @text, digest = @digest, index_digest = '' WHERE digest = @was",
			"UPDATE releases SET package_digest = @digest, signed_digest = @digest WHERE package_digest = @was",
			"UPDATE gates SET package_digest = @digest WHERE package_digest = @was",
			"UPDATE decisions SET package_digest = @digest WHERE package_digest = @was",
			"UPDATE attestations SET package_digest = @digest WHERE package_digest = @was",
			"UPDATE readiness SET package_digest = @digest WHERE package_digest = @was",
		} {
			if err := tx.Gorm().Exec(sql, map[string]any{"text": text, "digest": digest, "was": was}).Error; err != nil {
				return err
			}
		}
		for _, table := range []string{"registry_tags", "registry_refs", "registry_contents"} {
			if err := tx.Gorm().Exec("DELETE FROM " + table + " WHERE repo LIKE 'releases/%'").Error; err != nil {
				return err
			}
		}
		return nil
	})
	return digest
}

func TestOlderPackagesKeepTheirIdentity(t *testing.T) {
	w := newWorld(t)
	key := w.open()
	signed := w.age(key)
	w.leave(key)
	gate := w.gate(key, release.A4)
	for range 2 { // once is enough
		w.must(w.svc.IndexOlder(ctx))
	}
	p := w.packages(key)[0]
	if !p.Older() || p.Digest != signed || digestOf(p.Manifest) != signed || p.IndexDigest == "" {
		t.Fatalf("%+v", p)
	}
	if r := w.read(key); r.SignedDigest != signed || r.PackageDigest != signed {
		t.Errorf("%+v", r)
	}
	if now := w.gate(key, release.A4); now != gate {
		t.Errorf("A4 was %+v and is %+v", gate, now)
	}
	w.leave(key) // nothing lapsed
	w.must(w.svc.Recheck(ctx, w.bruno, key))

	repo, reader := dml.PackageAddress(w.read(key).Repository), robot(w.ada, "dml:read")
	tagged, err := w.media.Registry(reader).Resolve(ctx, repo, "v1")
	w.must(err)
	index, err := w.pull(reader, repo, p.IndexDigest, true)
	w.must(err)
	if tagged.Digest.String() != p.IndexDigest || digestOf(index) != p.IndexDigest {
		t.Errorf("v1 is %s, the index %s", tagged.Digest, p.IndexDigest)
	}
	list, err := w.pull(reader, repo, parsed(t, index).Manifests[0].Digest.String(), true)
	w.must(err)
	var m struct{ Layers []dml.Descriptor }
	w.must(json.Unmarshal([]byte(list), &m))
	if m.Layers[0].Digest.String() != signed { // what was signed is a file of the index
		t.Errorf("the list is %s, signed was %s", m.Layers[0].Digest, signed)
	}
	if text, err := w.pull(reader, repo, signed, false); err != nil || text != p.Manifest {
		t.Errorf("the signed bytes: %v", err)
	}
}

func TestAnOlderPackageThatDoesNotAddUpGetsNoIndex(t *testing.T) {
	w := newWorld(t)
	key := w.open()
	w.age(key)
	w.in(func(tx *db.Tx) error {
		return tx.Gorm().Exec("UPDATE components SET label = 'another' WHERE kind = 'software'").Error
	})
	w.must(w.svc.IndexOlder(ctx))
	p := w.packages(key)[0]
	if p.IndexDigest != "" {
		t.Errorf("it is pulled as %s", p.IndexDigest)
	}
	_, err := w.pull(robot(w.ada, "dml:read"), dml.PackageAddress(w.read(key).Repository), p.Digest, false)
	kindIs(t, err, fault.NotFound)
}

func TestPackagesFromBeforeIndexes(t *testing.T) {
	d := dbtest.Empty(t)
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	must(d.MigrateTo(ctx, 150))
	const columns = `service_key, service_name, title, type, scale, delivery, execution, policy_version_id, policy_label, model_version_id, model_label, author_id, author_name, owner_id, owner_name, zone`
	const values = `'PAY', 'Payments', 'x', 'minor', 'big bang', 'push', 'manual', 1, 'p', 1, 'm', 1, 'Maya', 1, 'Maya', 'UTC'`
	must(d.InTx(ctx, func(tx *db.Tx) error {
		for _, sql := range []string{
			`INSERT INTO services (service_key, name, owner_id, owner_name) VALUES ('PAY', 'Payments', 1, 'Sofia')`,
			`INSERT INTO media_blobs (digest, size, state) VALUES ('sha256:file', 1, 'stored')`,
			`INSERT INTO media_items (item_key, name, kind, provenance) VALUES ('a', 'A', 'software', 'built')`,
			`INSERT INTO media_versions (item_id, item_key, item_name, kind, label, state, file_name, media_type, size, digest, manifest) VALUES (1, 'a', 'A', 'software', '1', 'Accepted', 'a', 'text/plain', 1, 'sha256:file', 'sha256:manifest')`,
			`INSERT INTO releases (release_key, state, outcome, package_digest, signed_digest, service_id, ` + columns + `) SELECT 'PAY-2026..1_', 'Ready', '', 'sha256:one', 'sha256:one', id, ` + values + ` FROM services`,
			`INSERT INTO releases (release_key, state, outcome, package_digest, signed_digest, service_id, ` + columns + `) SELECT 'pay-2026.1', 'Closed', 'RolledBack', 'sha256:two', 'sha256:two', id, ` + values + ` FROM services`,
			`INSERT INTO packages (release_id, number, state, digest, manifest, author_id, author_name) VALUES (1, 1, 'SignedOff', 'sha256:one', '{}', 1, 'Bruno'), (2, 1, 'SignedOff', 'sha256:two', '{}', 1, 'Bruno')`,
			`INSERT INTO components (package_id, kind, name, label, digest, media_version_id, media_item) VALUES (1, 'software', 'A', '1', 'sha256:file', 1, 'a'), (1, 'software', 'B', '1', 'sha256:replaced', 1, 'a'), (1, 'process', 'C', '1', '', 0, '')`,
			`INSERT INTO gates (release_id, code, state, package_digest) VALUES (1, 'A3', 'Approved', 'sha256:one')`,
			`INSERT INTO attestations (release_id, gate, criterion, evidence, by_id, by_name) VALUES (1, 'A2', 'A2.x', 'e', 1, 'Tess'), (1, 'A3', 'A3.x', 'e', 1, 'Tess')`,
			`INSERT INTO readiness (release_id, area, colour, by_id, by_name) VALUES (1, 'package', 'green', 1, 'Tess'), (1, 'people', 'green', 1, 'Tess')`,
		} {
			if err := tx.Gorm().Exec(sql).Error; err != nil {
				return err
			}
		}
		return nil
	}))
	must(d.Migrate(ctx))
	must(d.View(ctx, func(tx *db.Tx) error {
		for _, c := range []struct{ query, want string }{
			{"SELECT repository AS v FROM releases ORDER BY id", "pay-2026.1 pay-2026.1-2"},
			{"SELECT package_digest AS v FROM releases ORDER BY id", "sha256:one sha256:two"},
			{"SELECT digest || index_digest AS v FROM packages ORDER BY id", "sha256:one sha256:two"},
			{"SELECT state AS v FROM packages ORDER BY id", "SignedOff Withdrawn"}, // rolled back, it operates nowhere
			{"SELECT state || package_digest AS v FROM gates", "Approvedsha256:one"},
			{"SELECT manifest AS v FROM components ORDER BY id", "sha256:manifest  "},
			{"SELECT package_digest AS v FROM attestations ORDER BY id", " sha256:one"},
			{"SELECT package_digest AS v FROM readiness ORDER BY id", "sha256:one "},
		} {
			var rows []string
			if err := tx.Gorm().Raw(c.query).Scan(&rows).Error; err != nil {
				return err
			}
			if got := strings.Join(rows, " "); got != c.want {
				t.Errorf("%s: %q, want %q", c.query, got, c.want)
			}
		}
		return nil
	}))
}
