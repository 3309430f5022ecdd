package report

import (
	"fmt"

	"slipway/internal/identity"
	"slipway/internal/policy"
)

// written are drafts of policies and models. Few wait at a time; whose word is
// asked, their room knows.
var written = []listing{
	{may: identity.PolicyApprove,
		columns: columns{key: "''", name: "p.name", note: "p.policy_key", number: "v.number", who: "v.author_name", order: "v.id"},
		from:    `policy_versions v JOIN policies p ON p.id = v.policy_id WHERE v.state = 'Draft' AND v.author_id <> @me`,
		asked:   ofPolicy(func(s *policy.Sheet) policy.Deed { return s.Approval }),
		task: func(v row) Task {
			return Task{Family: "active", Title: fmt.Sprintf("Approve version %d of %s", v.Number, v.Name), Why: "Written by " + v.Who, Href: fmt.Sprintf("/policies/%s/%d", v.Note, v.Number), Action: "Read and approve"}
		}},
	{may: identity.PolicyEdit,
		columns: columns{key: "''", name: "p.name", note: "p.policy_key", number: "v.number", who: "v.approver_name", order: "v.id"},
		from:    `policy_versions v JOIN policies p ON p.id = v.policy_id WHERE v.state = 'Approved'`,
		asked:   ofPolicy(func(s *policy.Sheet) policy.Deed { return s.Activation }),
		task: func(v row) Task {
			return Task{Family: "active", Title: fmt.Sprintf("Put version %d of %s into force", v.Number, v.Name), Why: "Approved by " + v.Who, Href: fmt.Sprintf("/policies/%s/%d", v.Note, v.Number), Action: "Put into force"}
		}},
	{may: identity.ModelEdit,
		columns: columns{key: "''", name: "v.name", note: "v.model_key", number: "v.number", who: "v.author_name", order: "v.id"},
		from:    `model_versions v WHERE v.state = 'Draft' AND v.author_id <> @me`,
		asked: func(d *desk, v row) (bool, error) {
			s, err := d.s.rooms.Policy.ModelSheet(d.ctx, d.actor, v.Note, v.Number)
			return err == nil && theirs(s.Waiting != nil && s.Waiting.Number == v.Number, s.Approval), err
		},
		task: func(v row) Task {
			return Task{Family: "active", Title: fmt.Sprintf("Approve version %d of the model %s", v.Number, v.Name), Why: "Written by " + v.Who, Href: fmt.Sprintf("/models/%s/%d", v.Note, v.Number), Action: "Read and approve"}
		}},
}

func ofPolicy(deed func(*policy.Sheet) policy.Deed) func(*desk, row) (bool, error) {
	return func(d *desk, v row) (bool, error) {
		s, err := d.s.rooms.Policy.Sheet(d.ctx, d.actor, v.Note, v.Number)
		return err == nil && theirs(s.Waiting != nil && s.Waiting.Number == v.Number, deed(s)), err
	}
}

// theirs tells whether a deed on the version that waits is the actor's.
func theirs(waits bool, d policy.Deed) bool { return waits && d.Offered && len(d.Reasons) == 0 }
