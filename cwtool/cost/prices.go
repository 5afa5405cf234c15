package cost

import (
	_ "embed"
	"encoding/json"
	"math"
)

//go:embed prices.json
var pricesJSON []byte

// List is the price list, of one Region and one day.
var List = mustList()

// Prices are what one unit costs in US dollars a month.
type Prices struct {
	Region, Date, Source string
	Prices               []Price
}

// Price is one price, of Per units; it falls with the quantity where it has tiers.
type Price struct {
	ID, Title, Unit string
	Per             float64
	Tiers           []Tier
	Free            float64 // with the free tier of an account
	Checked         string  // against what the figure was checked; empty where it was not
}

// Tier is the price of what is above the tier before and up to UpTo; without UpTo, of all the rest.
type Tier struct{ UpTo, USD float64 }

func mustList() Prices {
	var list Prices
	if err := json.Unmarshal(pricesJSON, &list); err != nil {
		panic(err)
	}
	for i := range list.Prices {
		if list.Prices[i].Per == 0 {
			list.Prices[i].Per = 1
		}
	}
	return list
}

// Of returns what a quantity costs.
func (p Price) Of(quantity float64) float64 {
	var usd, below float64
	for _, t := range p.Tiers {
		upTo := t.UpTo
		if upTo == 0 {
			upTo = math.Inf(1)
		}
		usd += max(0, min(quantity, upTo)-below) / p.Per * t.USD
		below = upTo
	}
	return usd
}
