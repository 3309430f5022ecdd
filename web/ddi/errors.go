package ddi

import (
	"net/http"
	"strings"

	"github.com/labstack/echo/v4"

	"slipway/internal/fault"
)

// kinds are hawkBit's names for what goes wrong, with the status of each.
var kinds = map[fault.Kind]struct {
	status      int
	class, code string
}{
	fault.Invalid:         {http.StatusBadRequest, "MessageNotReadableException", "hawkbit.server.error.rest.body.notReadable"},
	fault.Unauthenticated: {http.StatusUnauthorized, "AuthenticationException", "hawkbit.server.error.unauthorized"},
	fault.Forbidden:       {http.StatusForbidden, "InsufficientPermissionException", "hawkbit.server.error.insufficientpermission"},
	fault.NotFound:        {http.StatusNotFound, "EntityNotFoundException", "hawkbit.server.error.repo.entitiyNotFound"},
	fault.Conflict:        {http.StatusConflict, "EntityAlreadyExistsException", "hawkbit.server.error.repo.entitiyAlreayExists"},
	fault.Refused:         {http.StatusLocked, "EntityLockedException", "hawkbit.server.error.entityLocked"},
	fault.TooLarge:        {http.StatusRequestEntityTooLarge, "FileSizeQuotaExceededException", "hawkbit.server.error.quota.fileSizeExceeded"},
	fault.TooMany:         {http.StatusTooManyRequests, "AssignmentQuotaExceededException", "hawkbit.server.error.quota.tooManyEntries"},
	fault.Unavailable:     {http.StatusServiceUnavailable, "SpServerRtException", "hawkbit.server.error.unavailable"},
}

// fail answers with the protocol's error. Only what was written for people goes
// out; anything else is logged.
func (h *handler) fail(c echo.Context, err error) error {
	known, isFault := fault.As(err)
	by, ok := kinds[fault.KindOf(err)]
	body := errorBody{ExceptionClass: "SpServerRtException", ErrorCode: "hawkbit.server.error.generic", Message: "Something went wrong here; it was logged."}
	if !isFault || !ok {
		h.app.Log.ErrorContext(c.Request().Context(), "device", "path", c.Request().URL.Path, "error", err)
		return c.JSON(http.StatusInternalServerError, body)
	}
	body.ExceptionClass, body.ErrorCode, body.Message = "org.eclipse.hawkbit."+by.class, by.code, reasons(known)
	switch by.status {
	case http.StatusUnauthorized:
		c.Response().Header().Set("WWW-Authenticate", "TargetToken")
	case http.StatusTooManyRequests:
		c.Response().Header().Set("Retry-After", "30")
	}
	return c.JSON(by.status, body)
}

func reasons(f *fault.Fault) string {
	parts := []string{f.Message}
	for _, b := range f.Blockers {
		parts = append(parts, b.Sentence)
	}
	for _, field := range f.Fields {
		parts = append(parts, field.Message)
	}
	return strings.Join(parts, " ")
}
