package plan

import (
	"fmt"
	"net/url"

	"slipway/internal/plan"
	"slipway/templates/ui"
)

// RegisterView is the risks of every release, and the cell of the map that was
// asked for, or none.
type RegisterView struct {
	Risks               []plan.Risk
	All                 bool
	Probability, Impact int64
}

func (v RegisterView) chosen() bool { return v.Probability > 0 && v.Impact > 0 }

// shown are the risks of the cell that was asked for.
func (v RegisterView) shown() []plan.Risk {
	if !v.chosen() {
		return v.Risks
	}
	var list []plan.Risk
	for _, r := range v.Risks {
		if p, i := r.Place(); p == v.Probability && i == v.Impact {
			list = append(list, r)
		}
	}
	return list
}

// place is the chosen cell in words.
func (v RegisterView) place() string {
	words := func(list []string, n int64) string {
		if n < 1 || int(n) > len(list) {
			return fmt.Sprint(n)
		}
		return fmt.Sprintf("%d %s", n, list[n-1])
	}
	return "Probability " + words(plan.ProbabilityWords(), v.Probability) + ", impact " + words(plan.ImpactWords(), v.Impact)
}

// address is the register, narrowed to a cell unless 0.
func (v RegisterView) address(probability, impact int) string {
	q := url.Values{}
	if v.All {
		q.Set("all", "true")
	}
	if probability > 0 {
		q.Set("probability", fmt.Sprint(probability))
		q.Set("impact", fmt.Sprint(impact))
	}
	if len(q) == 0 {
		return "/risks"
	}
	return "/risks?" + q.Encode()
}

// cells count the risks of each cell of the map: so many releases have risks
// that their names would not fit.
func (v RegisterView) cells() []ui.HeatRisk {
	counts := map[[2]int]int64{}
	for _, r := range v.Risks {
		if r.Live() || r.State == plan.RiskAccepted {
			p, i := r.Place()
			counts[[2]int{int(p), int(i)}]++
		}
	}
	var list []ui.HeatRisk
	for cell, n := range counts {
		name := fmt.Sprintf("%d risks of probability %d and impact %d", n, cell[0], cell[1])
		if n == 1 {
			name = fmt.Sprintf("1 risk of probability %d and impact %d", cell[0], cell[1])
		}
		list = append(list, ui.HeatRisk{Label: ui.Count(n), Name: name, Href: v.address(cell[0], cell[1]), Probability: cell[0], Impact: cell[1]})
	}
	return list
}
