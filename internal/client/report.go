package client

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
)

// Report says what became of targets of a wave. Once is the caller's own word
// for the report, so that it counts once however often it has to be sent.
func (c *Client) Report(ctx context.Context, release string, wave int64, once string, report Report) (answer Reported, err error) {
	body, err := json.Marshal(report)
	if err != nil {
		return answer, local(err)
	}
	address := fmt.Sprintf("/api/v1/releases/%s/waves/%d/results", url.PathEscape(release), wave)
	header := map[string]string{"Accept": "application/json", "Content-Type": "application/json", "Idempotency-Key": once}
	err = c.persist(ctx, func() (further bool, err error) {
		response, err := c.send(ctx, http.MethodPost, address, bytes.NewReader(body), header)
		if err != nil {
			return false, err
		}
		defer response.Body.Close()
		return false, json.NewDecoder(response.Body).Decode(&answer)
	})
	return answer, err
}
