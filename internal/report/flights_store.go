package report

import (
	"fmt"
	"strings"

	"slipway/internal/noun"
)

// flightRows is how many releases under way the first page shows.
const flightRows = 10

type flightRow struct {
	ReleaseKey, Title, ServiceName, State, OwnerName, Type string
	Gates                                                  string
	OwnerID                                                int64
	UnderWay                                               int64
	WaveNumber                                             int64 // the first that is not complete, 0 for none
	WaveName, WaveState                                    string
	Verified, Counted                                      int64
	SupportState, LeadName                                 string
}

// flights are the actor's own releases under way; who owns none sees the newest.
func (d *desk) flights(w *Work) error {
	var rows []flightRow
	err := d.read(&rows, `SELECT r.release_key, r.title, r.service_name, r.state, r.owner_name, r.type, r.gates, r.owner_id, (SELECT COUNT(*) FROM releases r WHERE {live} AND {seen}) AS under_way,
		COALESCE(w.number, 0) AS wave_number, COALESCE(w.name, '') AS wave_name, COALESCE(w.state, '') AS wave_state, COALESCE(w.verified, 0) AS verified,
		COALESCE(w.total - w.excluded, 0) AS counted, COALESCE(e.state, '') AS support_state, COALESCE(e.lead_name, '') AS lead_name
		FROM (SELECT r.*, CASE WHEN r.owner_id = @me THEN 0 ELSE 1 END AS place FROM releases r WHERE {live} AND {seen} ORDER BY place, r.id DESC LIMIT @most) r
		LEFT JOIN waves w ON w.release_id = r.id AND w.number = (SELECT MIN(n.number) FROM waves n WHERE n.release_id = r.id AND n.state <> 'Complete')
		LEFT JOIN early_lives e ON e.release_id = r.id ORDER BY r.place, r.id DESC`, values{"most": flightRows})
	for _, r := range rows {
		w.UnderWay = r.UnderWay
		w.Mine = w.Mine || r.OwnerID == d.actor.UserID
		if w.Mine && r.OwnerID != d.actor.UserID {
			break
		}
		w.Flight = append(w.Flight, Flight{Key: r.ReleaseKey, Title: r.Title, ServiceName: r.ServiceName, State: r.State, OwnerName: r.OwnerName, Type: r.Type,
			Gates: gateStates(r.Gates), Next: r.next(d.weighed.unmet)})
	}
	return err
}

// gateStates reads the line of the five that a release keeps for lists.
func gateStates(line string) []GateState {
	words := strings.Fields(line)
	list := make([]GateState, 5)
	for i := range list {
		list[i] = GateState{fmt.Sprintf("A%d", i+1), "Pending"}
		if i < len(words) {
			list[i].State = words[i]
		}
	}
	return list
}

// next says what a release waits for, from what is stored and what was weighed.
func (r *flightRow) next(unmet map[string]int) string {
	gates := gateStates(r.Gates)
	wave := fmt.Sprintf("wave %d, %s", r.WaveNumber, r.WaveName)
	switch r.State {
	case "Draft":
		return "To be submitted"
	case "OnHold":
		return "On hold, until it is resumed"
	case "RolledBack":
		return "Build it anew, or review what happened"
	case "Ready":
		if given(gates[3]) && r.WaveNumber > 0 {
			return "A4 is given; " + wave + " is " + waveWord(r.WaveState)
		}
	case "Deploying", "Paused", "Remediating":
		if r.WaveNumber > 0 {
			return fmt.Sprintf("%s: %s, %d of %d verified", sentenceCase(wave), waveWord(r.WaveState), r.Verified, r.Counted)
		}
	case "EarlyLife":
		return r.support()
	}
	if n := unmet[r.ReleaseKey]; n > 0 {
		return fmt.Sprintf("%s is not ready: %s", openGate(gates), noun.Count(n, "blocker"))
	}
	return nextGate(gates)
}

// openGate is the first authorisation that is not given.
func openGate(gates []GateState) string {
	for _, g := range gates {
		if !given(g) {
			return g.Code
		}
	}
	return ""
}

func waveWord(state string) string {
	switch state {
	case "NoGo":
		return "no go"
	case "RolledBack":
		return "rolled back"
	case "Ready":
		return "ready for go"
	}
	return strings.ToLower(state)
}

func (r *flightRow) support() string {
	switch {
	case r.SupportState == "ExitRequested":
		return "Operations decides on the end of early life support"
	case r.LeadName == "":
		return "Early life support has no lead"
	case r.SupportState == "Extended":
		return "Early life support was extended, led by " + r.LeadName
	}
	return "Early life support, led by " + r.LeadName
}

func given(g GateState) bool { return g.State == "Approved" || g.State == "Waived" }

// nextGate is the first authorisation that is not given, and how it stands.
func nextGate(gates []GateState) string {
	for _, g := range gates {
		switch {
		case given(g):
			continue
		case g.State == "Open":
			return g.Code + " is being decided"
		case g.State == "Pending":
			return "Work towards " + g.Code
		}
		return g.Code + " is " + strings.ToLower(g.State) + ": mend it and submit it anew"
	}
	return "Every authorisation is given"
}
