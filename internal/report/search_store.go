package report

import (
	"fmt"

	"slipway/internal/identity"
)

type found struct {
	ID                int64
	Code, Name, State string
	Number            int64
}

func (q sought) values() values {
	return values{"q": q.text, "like": q.like, "digest": "sha256:" + q.digest + "%", "most": hitsOfKind}
}

func (d *desk) releases(q sought) (hits []Hit, err error) {
	var rows []found
	err = d.read(&rows, `SELECT r.release_key AS code, r.title AS name, r.state AS state FROM releases r
		WHERE (LOWER(r.release_key) LIKE @like ESCAPE '\' OR LOWER(r.title) LIKE @like ESCAPE '\' OR LOWER(r.incident) = @q) AND {seen}
		ORDER BY CASE WHEN LOWER(r.release_key) = @q THEN 0 ELSE 1 END, r.id DESC LIMIT @most`, q.values())
	for _, r := range rows {
		hits = append(hits, Hit{Kind: "Release", Key: r.Code, Title: r.Name, Href: "/releases/" + r.Code, State: r.State, Exact: q.is(r.Code)})
	}
	return hits, err
}

// packages finds packages by their digest, or by its beginning.
func (d *desk) packages(q sought) (hits []Hit, err error) {
	if q.digest == "" {
		return nil, nil
	}
	var rows []found
	err = d.read(&rows, `SELECT r.release_key AS code, r.title AS name, p.number, p.state AS state FROM packages p JOIN releases r ON r.id = p.release_id
		WHERE p.digest LIKE @digest AND {seen} ORDER BY p.id DESC LIMIT @most`, q.values())
	for _, r := range rows {
		hits = append(hits, Hit{Kind: "Package", Key: r.Code, Title: fmt.Sprintf("Package v%d of %s", r.Number, r.Name), Href: fmt.Sprintf("/releases/%s/package?version=%d", r.Code, r.Number), State: r.State, Exact: true})
	}
	return hits, err
}

func (d *desk) changes(q sought) (hits []Hit, err error) {
	var rows []found
	err = d.read(&rows, `SELECT r.change_key AS code, r.title AS name, r.state AS state FROM changes r
		WHERE (LOWER(r.change_key) LIKE @like ESCAPE '\' OR LOWER(r.title) LIKE @like ESCAPE '\' OR LOWER(r.incident) = @q) AND {known}
		ORDER BY CASE WHEN LOWER(r.change_key) = @q THEN 0 ELSE 1 END, r.id DESC LIMIT @most`, q.values())
	for _, r := range rows {
		hits = append(hits, Hit{Kind: "Change", Key: r.Code, Title: r.Name, Href: "/changes/" + r.Code, State: r.State, Exact: q.is(r.Code)})
	}
	return hits, err
}

// knownErrors finds known errors of releases that the actor sees, each once.
func (d *desk) knownErrors(q sought) (hits []Hit, err error) {
	var rows []found
	err = d.read(&rows, `SELECT k.number, k.title AS name, MAX(r.release_key) AS code FROM known_errors k
		JOIN known_error_links l ON l.known_error_id = k.id JOIN releases r ON r.id = l.release_id
		WHERE (LOWER('KE-' || CAST(k.number AS TEXT)) = @q OR LOWER(k.title) LIKE @like ESCAPE '\') AND {seen}
		GROUP BY k.number, k.title ORDER BY k.number DESC LIMIT @most`, q.values())
	for _, r := range rows {
		key := fmt.Sprintf("KE-%d", r.Number)
		hits = append(hits, Hit{Kind: "Known error", Key: key, Title: r.Name, Href: "/releases/" + r.Code + "/tests#known-errors", Exact: q.is(key)})
	}
	return hits, err
}

// shelf is a table of things with a key and a name. Keys that are everyday
// words lead nowhere by themselves.
type shelf struct {
	kind, table, key, name, also, href string
	everyday                           bool
	may                                identity.Permission // who sees them; empty is everybody
}

var shelves = []shelf{
	{kind: "Service", table: "services", key: "service_key", name: "name", href: "/services/"},
	{kind: "Configuration item", table: "items", key: "item_key", name: "name", also: "LOWER(current_version) = @q OR LOWER(serial) = @q", href: "/items/"},
	{kind: "Media item", table: "media_items", key: "item_key", name: "name", href: "/dml/", may: identity.ReportRead},
	{kind: "Release unit", table: "units", key: "name", name: "description", href: "/units/", everyday: true},
	{kind: "Target", table: "targets", key: "target_key", name: "name", href: "/targets/", may: identity.ReportRead},
	{kind: "Release policy", table: "policies", key: "policy_key", name: "name", href: "/policies/", everyday: true},
	{kind: "Release model", table: "models", key: "model_key", name: "name", href: "/models/", everyday: true},
}

func (d *desk) register(q sought) (hits []Hit, err error) {
	for _, s := range shelves {
		if s.may != "" && !d.actor.Can(s.may, 0) {
			continue
		}
		where := fmt.Sprintf(`LOWER(%s) LIKE @like ESCAPE '\' OR LOWER(%s) LIKE @like ESCAPE '\'`, s.key, s.name)
		if s.also != "" {
			where += " OR " + s.also
		}
		var rows []found
		err := d.read(&rows, fmt.Sprintf(`SELECT id, %s AS code, %s AS name FROM %s WHERE %s ORDER BY CASE WHEN LOWER(%s) = @q THEN 0 ELSE 1 END, id LIMIT @most`,
			s.key, s.name, s.table, where, s.key), q.values())
		if err != nil {
			return nil, err
		}
		for _, r := range rows {
			hit := Hit{Kind: s.kind, Key: r.Code, Title: r.Name, Href: s.href + r.Code, Exact: q.is(r.Code) && !s.everyday}
			if s.table == "units" {
				hit.Title, hit.Href = r.Code, fmt.Sprintf("/units/%d", r.ID)
			}
			hits = append(hits, hit)
		}
	}
	return hits, nil
}
