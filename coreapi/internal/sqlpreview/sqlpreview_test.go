package sqlpreview

import (
	"strings"
	"testing"
	"unicode/utf8"
)

func TestAPreviewKeepsTheStatementAndHidesItsValues(t *testing.T) {
	for sql, want := range map[string]string{
		"SELECT * FROM patients WHERE id = $1":                     "SELECT * FROM patients WHERE id = $1",
		"select name\n\tfrom  patients -- of acme\n where age>42":  "select name from patients where age>?",
		"SELECT 'O''Hara', E'it\\'s', B'101', X'ff', U&'d\\0061t'": "SELECT ?, …",
		"SELECT $$a 'b' $1$$, $tag$x$$y$tag$ FROM t":               "SELECT ?, … FROM t",
		"SELECT 1, x, 2": "SELECT ?, x, ?",
		"INSERT INTO t VALUES (1, 'a', 2.5e-3), (2, 'b', .5)":     "INSERT INTO t VALUES (?, …), (?, …)",
		"SELECT /* tenant /* acme */ 7 */ a FROM \"Patients\"":    "SELECT a FROM \"Patients\"",
		"SELECT \"Jane Doe, 4 May\"":                              "SELECT ?",
		"SET LOCAL app.tenant TO acme":                            "SET LOCAL app.tenant TO ?",
		"SET app.tenant = acme":                                   "SET app.tenant = ?",
		"SET ROLE acme":                                           "SET ROLE ?",
		"SELECT 1; SET app.tenant = acme":                         "SELECT ?; SET app.tenant = ?",
		"UPDATE t SET a = b WHERE c = 'd'":                        "UPDATE t SET a = b WHERE c = ?",
		`SELECT 'C:\', secret, '`:                                 "SELECT ?…",
		"SELECT 'never closed":                                    "SELECT ?…",
		"SELECT $x$ never closed":                                 "SELECT ?…",
		"SELECT a /* never closed":                                "SELECT a…",
		"SELECT t1.c2::int4, 12abc":                               "SELECT t1.c2::int4, ?",
		"":                                                        "",
		"SELECT " + strings.Repeat("größe, ", 100) + "1":          "SELECT " + strings.Repeat("größe, ", 32) + "grö…",
		"SELECT a WHERE b IN (1,2,3) AND c = ANY('{1,2}'::int[])": "SELECT a WHERE b IN (?, …) AND c = ANY(?::int[])",
		"ALTER ROLE app SET app.tenant = acme":                    "ALTER ROLE ?",
		"SELECT set_config('app.tenant', 'acme', true)":           "SELECT set_config(?, …, true)",
		"SELECT x FROM t WHERE y = $1 AND z IN ($2, $3) LIMIT 50": "SELECT x FROM t WHERE y = $1 AND z IN ($2, $3) LIMIT ?",
		"COPY patients (id) FROM STDIN":                           "COPY patients (id) FROM STDIN",
		"SELECT a->>'b', c #> '{d}' FROM t ORDER BY 1 DESC":       "SELECT a->>?, c #> ? FROM t ORDER BY ? DESC",
	} {
		if got := Of(sql); got != want {
			t.Errorf("preview of %q\n got %q\nwant %q", sql, got, want)
		}
	}
}

const secret = "s3cr3tacme"

// surroundings are statements with a place for a literal, %, at which PostgreSQL's lexer is between two tokens.
var surroundings = []string{
	"SELECT %", "SELECT a FROM t WHERE b = % AND c = 'x'", "INSERT INTO t VALUES (1, %, $2)", "SELECT 'it''s', %, E'\\'' ", "/* 'a */ SELECT %",
	"SELECT -- it's\n %", "SELECT $$'$$, %", "SELECT $t$ ' $$ $t$ || %", `SELECT "a""b", %`, "SET app.tenant = %", "SELECT 1;SET x TO % ; SELECT 2",
	"SELECT a FROM t1 WHERE b=%::text;", "SELECT E'\\\\', %", "SELECT U&'\\0041' , %", "CALL f(%,%)", "SELECT $1,%,$2", "SELECT 1.5e-3,%",
}

// forms are the ways to write a literal that holds text.
var forms = []func(text string) string{
	func(text string) string { return "'" + strings.ReplaceAll(text, "'", "''") + "'" },
	func(text string) string {
		return "E'" + strings.NewReplacer(`\`, `\\`, "'", `\'`).Replace(text) + "'"
	},
	func(text string) string { return "$q$" + strings.ReplaceAll(text, "$q$", "") + "$q$" },
	func(text string) string { return "$$" + strings.ReplaceAll(text, "$$", "") + "$$" },
	func(text string) string { return "U&'" + strings.ReplaceAll(text, "'", "''") + "'" },
	func(text string) string { return "N'" + strings.ReplaceAll(text, "'", "''") + "'" },
	func(text string) string {
		return "/* " + strings.NewReplacer("/*", "", "*/", "", "/", "", "*", "").Replace(text) + " */ 1"
	},
	func(text string) string { return "--" + strings.NewReplacer("\n", "", "\r", "").Replace(text) + "\n2" },
}

func FuzzAPreviewNeverShowsALiteral(f *testing.F) {
	for i := range surroundings {
		for j := range forms {
			f.Add(uint8(i), uint8(j), "", "")
		}
	}
	f.Add(uint8(1), uint8(0), `it's \`, `' "$$ /*`)
	f.Add(uint8(3), uint8(1), "''\\", "\\'--")
	f.Fuzz(func(t *testing.T, surrounding, form uint8, before, after string) {
		text := strings.ReplaceAll(before, "$", "") + secret + strings.ReplaceAll(after, "$", "")
		literal := forms[int(form)%len(forms)](text)
		sql := strings.ReplaceAll(surroundings[int(surrounding)%len(surroundings)], "%", literal)
		if got := Of(sql); strings.Contains(got, secret) {
			t.Errorf("the preview of %q shows the literal: %q", sql, got)
		}
	})
}

func FuzzAPreviewIsOneShortLineOfText(f *testing.F) {
	for _, s := range surroundings {
		f.Add(s)
	}
	f.Add("\x00'\xff$\xf0$")
	f.Fuzz(func(t *testing.T, sql string) {
		got := Of(sql)
		if strings.ContainsAny(got, "'\n\r\x00") || !utf8.ValidString(got) || len(got) > MaxLength+len("…") {
			t.Errorf("preview of %q: %q", sql, got)
		}
	})
}
