package template

import (
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

const urlText = `(?:[^\s"'<>\\]|\\u[0-9a-f]{4})` // JSON writes & as \u0026

// hosts are those of incident and chat tools, for whom an address is the key.
const hosts = `\b(?:[a-z0-9-]+\.)*(?:pagerduty\.com|opsgenie\.(?:com|net)|victorops\.com|hooks\.slack(?:-gov)?\.com|discord(?:app)?\.com|webhook\.office\.com|outlook\.office(?:365)?\.com|` +
	`logic\.azure\.com|powerplatform\.com|chat\.googleapis\.com|api\.telegram\.org|hooks\.zapier\.com|squadcast\.com|zenduty\.com|ilert\.com|incident\.io|rootly\.com|` +
	`betterstack\.com|grafana\.net|firehydrant\.io)(?::\d+)?`

var (
	deferred    = regexp.MustCompile(`\{\{resolve:[^}]*\}\}|\$\{[^}]*\}`)
	placeholder = regexp.MustCompile("\x00(\\d+)\x00")
	userinfo    = regexp.MustCompile(`([A-Za-z][A-Za-z0-9+.-]*://)([^/?#\s"'<>\\]+)@`)
	afterHost   = regexp.MustCompile(`(?i)(` + hosts + `)([/?#]` + urlText + `*)`)
	mailbox     = regexp.MustCompile(`(?i)([^\s@/:"'<>(),;=]+)(@(?:[a-z0-9-]+\.)*(?:pagerduty\.com|opsgenie\.(?:com|net)|victorops\.com|slack\.com|squadcast\.com|zenduty\.com))\b`)
	keyed       = regexp.MustCompile(`(?i)((?:[?&;]|\\u0026)(?:api[_-]?key|(?:access_|auth_)?token|secret|password|routing_key|sig)=)([^&\s"'<>\\#\x00]+)`)
	integration = regexp.MustCompile(`(integration/)[0-9A-Za-z-]{16,}`)
)

// publicPathWords are the words in the addresses of those tools that are the same for everybody.
var publicPathWords = []string{
	"", "integration", "integrations", "enqueue", "v1", "v2", "v3", "json", "cloudwatch", "amazonsns", "sns", "generic", "alert", "x-ere", "services", "api",
	"webhooks", "20131114", "20131130", "apiKey",
}

// Masked returns the text without what lets others in, or page: credentials in URLs, and what follows the host in the addresses of
// incident and chat tools. What stands elsewhere, such as {{resolve:secretsmanager:…}}, is no secret.
func Masked(text string) string {
	if !strings.ContainsAny(text, "/@=") {
		return text
	}
	var kept []string
	masked := deferred.ReplaceAllStringFunc(strings.ReplaceAll(text, "\x00", ""), func(found string) string {
		kept = append(kept, found)
		return fmt.Sprintf("\x00%d\x00", len(kept)-1)
	})
	masked = userinfo.ReplaceAllStringFunc(masked, func(found string) string {
		part := userinfo.FindStringSubmatch(found)
		user, password, both := strings.Cut(part[2], ":")
		if literal := placeholder.ReplaceAllString(password, ""); literal != "" || !both && placeholder.ReplaceAllString(user, "") != "" {
			return part[1] + "…@"
		}
		return found
	})
	masked = afterHost.ReplaceAllStringFunc(masked, func(found string) string {
		part := afterHost.FindStringSubmatch(found)
		words := strings.FieldsFunc(placeholder.ReplaceAllString(part[2], ""), func(r rune) bool { return strings.ContainsRune("/?&=#", r) })
		if !slices.ContainsFunc(words, func(w string) bool { return !slices.Contains(publicPathWords, w) }) {
			return found
		}
		return part[1] + "/…" + strings.Join(placeholder.FindAllString(part[2], -1), "…")
	})
	masked = mailbox.ReplaceAllStringFunc(masked, func(found string) string {
		part := mailbox.FindStringSubmatch(found)
		if placeholder.ReplaceAllString(part[1], "") == "" {
			return found
		}
		return "…" + part[2]
	})
	masked = integration.ReplaceAllString(keyed.ReplaceAllString(masked, "${1}…"), "${1}…")
	return placeholder.ReplaceAllStringFunc(masked, func(found string) string {
		i, _ := strconv.Atoi(strings.Trim(found, "\x00")) // digits, as the expression says
		return kept[i]
	})
}
