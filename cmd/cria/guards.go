package main

import (
	"fmt"

	"github.com/spf13/pflag"

	"github.com/cria-llm/cria/train"
)

// guardFlags are where the flags of limits go, of train and pretrain alike.
type guardFlags struct {
	seconds, energy, cost, perHour, perKWh, watts *float64
}

// registerGuards adds the flags of what ends a run before its last step.
func registerGuards(fs *pflag.FlagSet, earlyStop *int, g guardFlags) {
	fs.IntVar(earlyStop, "early-stop", 0, "end after so many evaluations without a better one, and keep the best (default never)")
	fs.Float64Var(g.seconds, "max-seconds", 0, "end before so many seconds are over (default none)")
	fs.Float64Var(g.energy, "max-energy-wh", 0, "end before so many watt-hours are taken (default none)")
	fs.Float64Var(g.cost, "max-cost", 0, "end before it costs so much, at the two prices (default none)")
	fs.Float64Var(g.perHour, "price-per-hour", 0, "price of an hour of this machine (default 0)")
	fs.Float64Var(g.perKWh, "price-per-kwh", 0, "price of a kilowatt-hour (default 0)")
	fs.Float64Var(g.watts, "watts", 0, "that this machine takes, where it cannot be measured (default 5 a thread)")
}

// showSpent is what a run took.
func showSpent(t *table, p paint, res train.Result) {
	text := fmt.Sprintf("%s Wh, %s", wattHours(res.WattHours), res.Energy)
	if res.Cost != nil {
		text += ", " + money(*res.Cost) + " at the prices given"
	}
	t.row("energy", text)
	if res.Stopped != "" {
		t.row("ended by", p.warn(res.Stopped))
	}
	if res.BestStep > 0 {
		t.row("kept", "the best evaluation, after step "+count(res.BestStep))
	}
}

// showLooks is what training did besides what it was for.
func showLooks(t *table, p paint, res train.Result) {
	if res.ForgetBefore != nil && res.ForgetAfter != nil {
		t.row("general text", fmt.Sprintf("%.4f → %.4f nats a token", *res.ForgetBefore, *res.ForgetAfter))
	}
	if x := res.Probe; x != nil {
		text := fmt.Sprintf("%d/%d", x.Stopped, x.Asked)
		if x.Stopped < x.Asked {
			text = p.warn(text)
		} else {
			text = p.good(text)
		}
		t.row("answers that end", text)
	}
}
