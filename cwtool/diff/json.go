package diff

import (
	"encoding/json"
	"io"
)

// JSON writes reports as schema.json describes.
func JSON(out io.Writer, reports ...Report) error {
	type flagged struct {
		Report
		Flags []Flag `json:"flags"`
	}
	list := []flagged{}
	for _, r := range reports {
		list = append(list, flagged{r, append([]Flag{}, r.Flags()...)})
	}
	encoder := json.NewEncoder(out)
	encoder.SetEscapeHTML(false)
	encoder.SetIndent("", "  ")
	return encoder.Encode(map[string]any{"reports": list})
}
