package report

import (
	"fmt"

	"slipway/internal/identity"
)

// handed is what somebody gives to the actor, who has to take it.
var handed = []question{{"", transfersToConfirm}, handoverOffered}

// Who offered an item or took part in deploying has no say on it.
var handoverOffered = listing(identity.HandoverAccept, `SELECT r.release_key, r.title AS name, COUNT(*) AS total, MIN(h.offered_by) AS who FROM handover_items h JOIN releases r ON r.id = h.release_id
	WHERE h.state = 'Offered' AND h.offered_by_id <> @me AND {live} AND {seen} AND {may}
	AND NOT EXISTS (SELECT 1 FROM wave_hands d WHERE d.release_id = r.id AND d.user_id = @me)
	GROUP BY r.id, r.release_key, r.title ORDER BY r.id LIMIT @most`,
	func(_ *desk, h row) Task {
		return Task{Family: "active", Title: fmt.Sprintf("Handover of %s: %s", h.Name, plural(int(h.Total), "item", "items")), Why: h.Who + " offers, operations accepts or returns each",
			Href: "/releases/" + h.ReleaseKey + "/handover#handover", Action: "Accept or return"}
	})
