package services

import (
	"fmt"
	"net/url"
	"strings"

	"slipway/internal/catalog"
)

// partID is the part's place on the page of its service.
func partID(p part) string { return "part-" + strings.ReplaceAll(string(p.kind), " ", "-") }

// PartLink is a part of a service package on the page of its service.
func PartLink(key string, kind catalog.PromiseKind) string {
	return "/services/" + key + "#" + partID(part{kind: kind})
}

// addLink is the form of a new statement of a kind.
func addLink(key string, kind catalog.PromiseKind) string {
	return "/services/" + key + "/package/new?kind=" + url.QueryEscape(string(kind))
}

func baselineLink(key string, n int64) string {
	return fmt.Sprintf("/services/%s/baselines/%d", key, n)
}

// BaselinesLink is where the baselines of a service stand on its page.
func BaselinesLink(key string) string { return "/services/" + key + "#baselines" }

// nextItems is the address of the next page of items, or nothing.
func nextItems(v *catalog.ItemList) string {
	if v.Next == "" {
		return ""
	}
	q := url.Values{"after": {v.Next}}
	for name, value := range map[string]string{"q": v.Filter.Text, "service": v.Filter.ServiceKey, "kind": v.Filter.Kind} {
		if value != "" {
			q.Set(name, value)
		}
	}
	if v.Filter.Retired {
		q.Set("retired", "true")
	}
	return "/items?" + q.Encode()
}
