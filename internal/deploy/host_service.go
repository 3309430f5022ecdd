package deploy

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"slipway/internal/db"
	"slipway/internal/deploy/ssh"
	"slipway/internal/fault"
	"slipway/internal/identity"
	"slipway/internal/jobs"
	"slipway/internal/noun"
)

// HostOf gives how a target is reached over SSH.
func (s *Service) HostOf(ctx context.Context, actor identity.Actor, targetKey string) (*HostView, error) {
	if err := identity.Authorize(actor, identity.ReportRead, 0); err != nil {
		return nil, err
	}
	v := &HostView{CanEdit: actor.Can(identity.EnvironmentEdit, 0), CanAccept: accepts(actor)}
	return v, s.db.View(ctx, func(tx *db.Tx) error {
		t, err := targetByKey(tx, targetKey)
		if err != nil {
			return err
		}
		h, err := hostOf(tx, t.ID)
		v.Host, v.TargetKey, v.TargetName = *h, t.Key, t.Name
		return err
	})
}

// accepts tells whether the actor may accept host keys: a person only.
func accepts(actor identity.Actor) bool {
	return actor.MustBePerson() == nil && actor.Can(identity.EnvironmentEdit, 0)
}

// Hosts gives a page of the hosts of an environment, by target.
func (s *Service) Hosts(ctx context.Context, actor identity.Actor, key, text, after string) (*HostList, error) {
	if err := identity.Authorize(actor, identity.ReportRead, 0); err != nil {
		return nil, err
	}
	list := &HostList{CanEdit: actor.Can(identity.EnvironmentEdit, 0)}
	return list, s.db.View(ctx, func(tx *db.Tx) error {
		e, err := environmentByKey(tx, key)
		if err != nil {
			return err
		}
		list.Environment = *e
		rows, err := hostsIn(tx, e.ID, text, after, pageSize+1)
		if err != nil {
			return err
		}
		if len(rows) > pageSize {
			rows = rows[:pageSize]
			list.Next = rows[pageSize-1].TargetKey
		}
		for _, row := range rows {
			row.TargetID = row.Of
			list.Hosts = append(list.Hosts, HostView{Host: row.Host, TargetKey: row.TargetKey, TargetName: row.TargetName, CanEdit: list.CanEdit, CanAccept: accepts(actor)})
		}
		for n, condition := range map[*int64]string{&list.Missing: hostMissing, &list.Waiting: hostWaiting, &list.Changed: hostChanged} {
			if *n, err = countHosts(tx, e.ID, condition); err != nil {
				return err
			}
		}
		return nil
	})
}

// writeHost runs fn on the host of a target for somebody who may edit it.
func (s *Service) writeHost(ctx context.Context, actor identity.Actor, targetKey string, version int64, fn func(*db.Tx, *Target, *Host) error) error {
	return s.db.InTx(ctx, func(tx *db.Tx) error {
		if err := identity.Authorize(actor, identity.EnvironmentEdit, 0); err != nil {
			return err
		}
		t, err := targetByKey(tx, targetKey)
		if err != nil {
			return err
		}
		h, err := hostOf(tx, t.ID)
		if err != nil {
			return err
		}
		if err := db.CheckVersion(h, version); err != nil {
			return err
		}
		return fn(tx, t, h)
	})
}

// EditHost says where a target is reached. Another address is another machine,
// whose key has to be accepted anew. Version 0 is a host without an address yet.
func (s *Service) EditHost(ctx context.Context, actor identity.Actor, targetKey string, version int64, d HostDraft) error {
	return s.writeHost(ctx, actor, targetKey, version, func(tx *db.Tx, t *Target, h *Host) error {
		var c fault.Check
		port := d.validate(&c)
		if err := c.Err("The address was not saved."); err != nil {
			return err
		}
		h.place(d, port, actor.Name, tx.Now)
		if err := keepHost(tx, h); err != nil {
			return err
		}
		return recordPlace(tx, actor, "target", t.Key, "address", "", "said that %s is reached at %s", t.Key, h.Where())
	})
}

// place sets the address and, where it is another machine's, forgets the key.
func (h *Host) place(d HostDraft, port int64, by string, now db.Time) {
	if d.Address != h.Address || port != h.Port {
		h.HostKey, h.AcceptedByID, h.AcceptedBy, h.AcceptedAt, h.ShownKey, h.ShownAt, h.Trouble = "", 0, "", 0, "", 0, ""
	}
	h.Address, h.Port, h.Login, h.AddressBy, h.AddressAt = d.Address, port, d.Login, by, now
}

// LookAtHost asks a host for its key, and keeps what it shows for a person to
// accept. It does not log in.
func (s *Service) LookAtHost(ctx context.Context, actor identity.Actor, targetKey string) error {
	var h *Host
	err := s.db.View(ctx, func(tx *db.Tx) error {
		if err := identity.Authorize(actor, identity.EnvironmentEdit, 0); err != nil {
			return err
		}
		t, err := targetByKey(tx, targetKey)
		if err != nil {
			return err
		}
		if h, err = hostOf(tx, t.ID); err == nil && h.Address == "" {
			err = fault.Refuse("The host was not asked.", fault.Blocked(targetKey+" has no address.", placeOwner, t.Link()+"#ssh", "Enter its address"))
		}
		return err
	})
	if err != nil {
		return err
	}
	return s.look1(ctx, h)
}

// lookJob is the kind of the jobs that ask hosts for their keys.
const lookJob = "deploy.hostkeys"

// lookBatch is how many hosts one job asks.
const lookBatch = 20

// lookWorkers is how many such jobs a server works on at once.
const lookWorkers = 4

// LookAtHosts has every host of an environment that has an address and no
// accepted key asked for it, in the background.
func (s *Service) LookAtHosts(ctx context.Context, actor identity.Actor, key string) (n int, err error) {
	err = s.editPlace(ctx, actor, key, func(tx *db.Tx, e *Environment) error {
		list, err := hostsWhere(tx, e.ID, "target_hosts.host_key = ''", maxImport)
		if err != nil {
			return err
		}
		if n = len(list); n == 0 {
			return fault.Refuse("No host was asked.", fault.Blocked("No host has an address and lacks a key.", placeOwner, environmentLink(key)+"/hosts", "Look at the hosts"))
		}
		for part := range slices.Chunk(list, lookBatch) {
			ids := make([]int64, len(part))
			for i := range part {
				ids[i] = part[i].TargetID
			}
			if err := jobs.Enqueue(tx, lookJob, ids); err != nil {
				return err
			}
		}
		return recordPlace(tx, actor, "environment", e.Key, "hostkeys", "", "had %s of %s asked for their keys", noun.Count(n, "host"), e.Name)
	})
	return n, err
}

// lookAgain asks the hosts of some targets that nobody has asked since.
func (s *Service) lookAgain(ctx context.Context, args []byte) error {
	var ids []int64
	if err := json.Unmarshal(args, &ids); err != nil {
		return err
	}
	for _, id := range ids {
		var h *Host
		err := s.db.View(ctx, func(tx *db.Tx) (err error) {
			h, err = hostOf(tx, id)
			return err
		})
		if err != nil {
			return err
		}
		if h.Address == "" || h.HostKey != "" || h.ShownKey != "" {
			continue
		}
		if err := s.look1(ctx, h); err != nil {
			return err
		}
	}
	return nil
}

// look1 asks one host and keeps what it showed, unless its address was changed
// meanwhile.
func (s *Service) look1(ctx context.Context, h *Host) error {
	key, trouble := ssh.HostKey(ctx, h.dialled(), s.tools.Patience)
	if ctx.Err() != nil {
		return ctx.Err()
	}
	return s.db.InTx(ctx, func(tx *db.Tx) error {
		now, err := hostOf(tx, h.TargetID)
		if err != nil || now.ID != h.ID || now.Where() != h.Where() {
			return err
		}
		now.show(key, trouble, tx.Now)
		return save(tx, now)
	})
}

// AcceptHostKey pins the key that a host showed. The person names the
// fingerprint that they compared, so that nobody accepts what they did not see.
func (s *Service) AcceptHostKey(ctx context.Context, actor identity.Actor, targetKey string, version int64, seen string) error {
	if err := actor.MustBePerson(); err != nil {
		return err
	}
	return s.writeHost(ctx, actor, targetKey, version, func(tx *db.Tx, t *Target, h *Host) error {
		if h.ShownKey == "" || h.Shown() != seen {
			return fault.Refuse("No key was accepted.", fault.Blocked("The host shows another key now, or none.", placeOwner, t.Link()+"#ssh", "Look at the key"))
		}
		return s.pin(tx, actor, t, h)
	})
}

func (s *Service) pin(tx *db.Tx, actor identity.Actor, t *Target, h *Host) error {
	sentence, was := fmt.Sprintf("accepted the host key %s of %s at %s", h.Shown(), t.Key, h.Where()), h.Pinned()
	if was != "" {
		sentence += ", in the place of " + was
	}
	h.HostKey, h.ShownKey, h.Trouble = h.ShownKey, "", ""
	h.AcceptedByID, h.AcceptedBy, h.AcceptedAt = actor.UserID, actor.Name, tx.Now
	if err := save(tx, h); err != nil {
		return err
	}
	return recordPlace(tx, actor, "target", t.Key, "hostkey", "", "%s", sentence)
}

// RefuseHostKey forgets the key that a host showed. An accepted one stays, and
// a host that shows another stays blocked.
func (s *Service) RefuseHostKey(ctx context.Context, actor identity.Actor, targetKey string, version int64) error {
	return s.writeHost(ctx, actor, targetKey, version, func(tx *db.Tx, t *Target, h *Host) error {
		if h.ShownKey == "" {
			return fault.New(fault.Conflict, "There is no key to refuse.")
		}
		print := h.Shown()
		h.ShownKey = ""
		if err := save(tx, h); err != nil {
			return err
		}
		return recordPlace(tx, actor, "target", t.Key, "hostkey", "", "refused the host key %s that %s showed", print, t.Key)
	})
}

// AcceptAll pins the keys of an environment's hosts that have none yet, as they
// were shown. Changed keys are accepted one by one.
func (s *Service) AcceptAll(ctx context.Context, actor identity.Actor, key string) (n int, err error) {
	if err := actor.MustBePerson(); err != nil {
		return 0, err
	}
	err = s.editPlace(ctx, actor, key, func(tx *db.Tx, e *Environment) error {
		list, err := hostsWhere(tx, e.ID, hostWaiting, maxImport)
		if err != nil {
			return err
		}
		for i := range list {
			t, err := targetByID(tx, list[i].TargetID)
			if err != nil {
				return err
			}
			if err := s.pin(tx, actor, t, &list[i]); err != nil {
				return err
			}
		}
		if n = len(list); n == 0 {
			return fault.Refuse("No key was accepted.", fault.Blocked("No host shows a first key that waits.", placeOwner, environmentLink(key)+"/hosts", "Look at the hosts"))
		}
		return nil
	})
	return n, err
}

// ImportHosts reads addresses, one a line: the target, user@address:port, and
// its public host key if it is known. A line that is wrong leaves all as it was.
func (s *Service) ImportHosts(ctx context.Context, actor identity.Actor, key, list string) (n int, err error) {
	err = s.editPlace(ctx, actor, key, func(tx *db.Tx, e *Environment) error {
		var c fault.Check
		number, bad := 0, 0
		for line := range strings.Lines(list) {
			number++
			line = strings.TrimSpace(line)
			if line == "" || strings.HasPrefix(line, "#") || bad >= 10 {
				continue
			}
			if n >= maxImport {
				c.Field("list", fmt.Sprintf("Import at most %d at once.", maxImport))
				break
			}
			if err := s.importHost(tx, actor, e, line); err != nil {
				f, ok := fault.As(err)
				if !ok || f.Kind == fault.Internal {
					return err
				}
				bad++
				c.Field("list", fmt.Sprintf("Line %d: %s", number, f.Message))
				continue
			}
			n++
		}
		c.Need(n+bad > 0, "list", "Enter one host a line: the target, user@address:port and, if known, its host key.")
		if err := c.Err("No address was saved."); err != nil {
			return err
		}
		return recordPlace(tx, actor, "environment", e.Key, "addresses", "", "said where %s of %s are reached", noun.Count(n, "target"), e.Name)
	})
	return n, err
}

func (s *Service) importHost(tx *db.Tx, actor identity.Actor, e *Environment, line string) error {
	bad := func(format string, args ...any) error { return fault.New(fault.Invalid, format, args...) }
	words := strings.Fields(strings.ReplaceAll(line, ",", " "))
	if len(words) < 2 {
		return bad("write the target, then user@address:port.")
	}
	t, err := targetByKey(tx, words[0])
	if fault.KindOf(err) == fault.NotFound && err != nil || err == nil && t.EnvironmentID != e.ID {
		return bad("%s has no target %s.", e.Name, words[0])
	}
	if err != nil {
		return err
	}
	login, rest, _ := strings.Cut(words[1], "@")
	d := HostDraft{Login: login, Address: rest}
	if i := strings.LastIndex(rest, ":"); i >= 0 && !strings.HasSuffix(rest, "]") && (strings.Count(rest, ":") == 1 || strings.Contains(rest, "]")) {
		d.Address, d.Port = rest[:i], rest[i+1:]
	}
	var c fault.Check
	port := d.validate(&c)
	if f, wrong := fault.As(c.Err("")); wrong {
		return bad("%s", f.Fields[0].Message)
	}
	h, err := hostOf(tx, t.ID)
	if err != nil {
		return err
	}
	h.place(d, port, actor.Name, tx.Now)
	if len(words) > 2 {
		pinned, err := ssh.TidyKey(strings.Join(words[2:], " "))
		if err != nil {
			return bad("%s", err)
		}
		if err := actor.MustBePerson(); err != nil {
			return err
		}
		if h.HostKey != "" && h.HostKey != pinned {
			return bad("%s has the host key %s accepted; a changed one is accepted on its page.", t.Key, h.Pinned())
		}
		if h.HostKey != pinned {
			if err := recordPlace(tx, actor, "target", t.Key, "hostkey", "", "accepted the host key %s of %s at %s from a list", fingerprint(pinned), t.Key, h.Where()); err != nil {
				return err
			}
			h.AcceptedByID, h.AcceptedBy, h.AcceptedAt = actor.UserID, actor.Name, tx.Now
		}
		h.HostKey, h.ShownKey, h.Trouble = pinned, "", ""
	}
	return keepHost(tx, h)
}
