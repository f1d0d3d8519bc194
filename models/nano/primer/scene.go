package main

import (
	"fmt"
	"math/rand/v2"
	"strings"
)

// fact is a sentence and what can be asked of it.
type fact struct {
	sentence  string
	questions []asking
	yes, no   string // a question that the sentence answers with yes, and one with no
}

type asking struct{ ask, answer string }

// scene is a few facts about different people and things.
type scene struct{ facts []fact }

func (s scene) text() string {
	var list []string
	for _, f := range s.facts {
		list = append(list, f.sentence)
	}
	return strings.Join(list, " ")
}

// newScene draws n facts, in which no person, thing, place or colour comes twice.
func newScene(l *lexicon, r *rand.Rand, n int) scene {
	names, objects, places := picks(r, l.names, 2*n+1), picks(r, l.objects, 2*n), picks(r, l.places, 2*n)
	colours, animals, foods := picks(r, l.colours, 2*n), picks(r, l.animals, 2*n), picks(r, l.foods, 2*n)
	boxes, jobs := picks(r, l.containers, 2*n), picks(r, l.jobs, 2*n)
	var s scene
	for i := range n {
		who, other := names[2*i], names[2*i+1]
		what, otherThing, where, otherPlace := objects[2*i], objects[2*i+1], places[2*i], places[2*i+1]
		colour, otherColour, animal := colours[2*i], colours[2*i+1], animals[2*i]
		food, otherFood, box, otherBox, job, otherJob := foods[2*i], foods[2*i+1], boxes[2*i], boxes[2*i+1], jobs[2*i], jobs[2*i+1]
		var f fact
		switch r.IntN(8) {
		case 0:
			f = fact{fmt.Sprintf("%s has %s %s.", who, withArticle(colour), what), []asking{
				{fmt.Sprintf("Who has the %s?", what), who},
				{fmt.Sprintf("What does %s have?", who), withArticle(colour) + " " + what},
				{fmt.Sprintf("What colour is the %s?", what), colour},
			}, fmt.Sprintf("Is the %s %s?", what, colour), fmt.Sprintf("Is the %s %s?", what, otherColour)}
		case 1:
			f = fact{fmt.Sprintf("The %s is in the %s.", animal, where), []asking{
				{fmt.Sprintf("Where is the %s?", animal), "in the " + where},
				{fmt.Sprintf("What is in the %s?", where), "the " + animal},
			}, fmt.Sprintf("Is the %s in the %s?", animal, where), fmt.Sprintf("Is the %s in the %s?", animal, otherPlace)}
		case 2:
			f = fact{fmt.Sprintf("%s went to the %s to buy %s.", who, where, food), []asking{
				{fmt.Sprintf("Where did %s go?", who), "to the " + where},
				{fmt.Sprintf("What did %s want to buy?", who), food},
				{fmt.Sprintf("Who went to the %s?", where), who},
			}, fmt.Sprintf("Did %s go to the %s?", who, where), fmt.Sprintf("Did %s go to the %s?", who, otherPlace)}
		case 3:
			f = fact{fmt.Sprintf("%s gave the %s to %s.", who, what, other), []asking{
				{fmt.Sprintf("Who gave the %s to %s?", what, other), who},
				{fmt.Sprintf("Who got the %s?", what), other},
				{fmt.Sprintf("What did %s give to %s?", who, other), "the " + what},
			}, fmt.Sprintf("Did %s get the %s?", other, what), fmt.Sprintf("Did %s get the %s?", other, otherThing)}
		case 4:
			f = fact{fmt.Sprintf("%s is %s.", who, withArticle(job)), []asking{
				{fmt.Sprintf("What is %s?", who), withArticle(job)},
				{fmt.Sprintf("Who is %s?", withArticle(job)), who},
			}, fmt.Sprintf("Is %s %s?", who, withArticle(job)), fmt.Sprintf("Is %s %s?", who, withArticle(otherJob))}
		case 5:
			f = fact{fmt.Sprintf("%s put the %s in the %s.", who, what, box), []asking{
				{fmt.Sprintf("Where is the %s?", what), "in the " + box},
				{fmt.Sprintf("What is in the %s?", box), "the " + what},
				{fmt.Sprintf("Who put the %s in the %s?", what, box), who},
			}, fmt.Sprintf("Is the %s in the %s?", what, box), fmt.Sprintf("Is the %s in the %s?", what, otherBox)}
		case 6:
			f = fact{fmt.Sprintf("%s ate %s in the %s.", who, food, where), []asking{
				{fmt.Sprintf("What did %s eat?", who), food},
				{fmt.Sprintf("Where did %s eat?", who), "in the " + where},
				{fmt.Sprintf("Who ate %s?", food), who},
			}, fmt.Sprintf("Did %s eat %s?", who, food), fmt.Sprintf("Did %s eat %s?", who, otherFood)}
		default:
			f = fact{fmt.Sprintf("The %s of %s is called %s.", animal, who, other), []asking{
				{fmt.Sprintf("What is the %s called?", animal), other},
				{fmt.Sprintf("Whose %s is it?", animal), who},
			}, fmt.Sprintf("Is the %s called %s?", animal, other), fmt.Sprintf("Is the %s called %s?", animal, names[2*n])}
		}
		s.facts = append(s.facts, f)
	}
	return s
}
