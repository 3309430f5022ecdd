package report

import (
	"fmt"
	"strings"

	"slipway/internal/db"
)

// flightRows is how many releases under way the first page shows.
const flightRows = 10

type flightRow struct {
	ID                                                     int64
	ReleaseKey, Title, ServiceName, State, OwnerName, Type string
	HeldFrom, Gates                                        string
	OwnerID                                                int64
	WindowStart                                            db.Time
}

// flights are the actor's own releases under way; who owns none sees the newest.
func (d *desk) flights(w *Work) error {
	if err := d.read(&w.UnderWay, "", `SELECT COUNT(*) FROM releases r WHERE {live} AND {seen}`, nil); err != nil {
		return err
	}
	columns := "r.id, r.release_key, r.title, r.service_name, r.state, r.owner_name, r.type, r.held_from, r.gates, r.owner_id, r.window_start"
	var rows []flightRow
	err := d.read(&rows, "", `SELECT `+columns+` FROM releases r WHERE {live} AND {seen} ORDER BY CASE WHEN r.owner_id = @me THEN 0 ELSE 1 END, r.id DESC LIMIT @most`, values{"most": flightRows})
	if err != nil {
		return err
	}
	w.Mine = len(rows) > 0 && rows[0].OwnerID == d.actor.UserID
	for i, r := range rows {
		if w.Mine && r.OwnerID != d.actor.UserID {
			rows = rows[:i]
			break
		}
	}
	next, err := d.nextOf(rows)
	for i, r := range rows {
		f := Flight{Key: r.ReleaseKey, Title: r.Title, ServiceName: r.ServiceName, State: r.State, OwnerName: r.OwnerName, Type: r.Type, WindowStart: r.WindowStart, Gates: gateStates(r.Gates), Next: next[i]}
		w.Flight = append(w.Flight, f)
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

type stageRow struct {
	ReleaseID int64
	Number    int64
	Name      string
	State     string
	LeadName  string
	Verified  int64
	Total     int64
}

// nextOf says of each release what it waits for, from what is stored.
func (d *desk) nextOf(rows []flightRow) ([]string, error) {
	sentences := make([]string, len(rows))
	var ids []int64
	for i, r := range rows {
		ids = append(ids, r.ID)
		sentences[i] = nextGate(r.State, gateStates(r.Gates))
	}
	if len(ids) == 0 {
		return nil, nil
	}
	var waves []stageRow
	err := d.read(&waves, "", `SELECT w.release_id, w.number, w.name, w.state, w.verified, w.total - w.excluded AS total FROM waves w WHERE w.release_id IN @ids AND w.state <> 'Complete' ORDER BY w.release_id, w.number`, values{"ids": ids})
	if err != nil {
		return nil, err
	}
	var support []stageRow
	if err := d.read(&support, "", `SELECT e.release_id, e.state, e.lead_name FROM early_lives e WHERE e.release_id IN @ids`, values{"ids": ids}); err != nil {
		return nil, err
	}
	for i, r := range rows {
		switch r.State {
		case "Deploying", "Paused", "Remediating":
			for _, w := range waves {
				if w.ReleaseID == r.ID {
					sentences[i] = fmt.Sprintf("Wave %d, %s: %s, %d of %d verified", w.Number, w.Name, waveWord(w.State), w.Verified, w.Total)
					break
				}
			}
		case "EarlyLife":
			for _, e := range support {
				if e.ReleaseID == r.ID {
					sentences[i] = supportSentence(e)
				}
			}
		}
	}
	return sentences, nil
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

func supportSentence(e stageRow) string {
	switch e.State {
	case "ExitRequested":
		return "Operations decides on the end of early life support"
	case "Extended":
		return "Early life support was extended"
	}
	if e.LeadName == "" {
		return "Early life support has no lead"
	}
	return "Early life support, led by " + e.LeadName
}

// nextGate is the first authorisation that is not given, and how it stands.
func nextGate(state string, gates []GateState) string {
	switch state {
	case "Draft":
		return "To be submitted"
	case "OnHold":
		return "On hold, until it is resumed"
	case "RolledBack":
		return "Rebuild it, or review what happened"
	}
	for _, g := range gates {
		switch g.State {
		case "Approved", "Waived":
			continue
		case "Open":
			return g.Code + " is being decided"
		case "Pending":
			if state == "Ready" && g.Code == "A5" {
				return "A4 is given; its first wave waits for go"
			}
			return "Work towards " + g.Code
		}
		return g.Code + " is " + strings.ToLower(g.State) + ": mend it and submit it anew"
	}
	return "Every authorisation is given"
}
