package counts

import (
	"strings"
	"testing"
	"time"

	"github.com/cria-llm/cria/curate"
	"github.com/cria-llm/cria/curate/curatetest"
)

func find(text string) []curate.Finding {
	var all []curate.Finding
	for _, d := range Detectors() {
		all = append(all, d.Look(curatetest.Exchange(text))...)
	}
	return all
}

func TestEveryExampleIsFoundByItsDetector(t *testing.T) {
	for _, d := range Detectors() {
		if got := find(d.Example); len(got) != 1 || got[0].Detector != d.Name {
			t.Errorf("%s: %q gives %v", d.Name, d.Example, got)
		}
	}
}

func TestWhatIsCountedWrong(t *testing.T) {
	for text, why := range map[string]string{
		"Name four human emotions. → 1. Joy\n2. Sadness\n3. Anger\n4. Fear\n5. Trust":                              `"four human emotions" asked for, 5 there`,
		"Suggest three activities. → - Read\n- Walk":                                                               `"three activities" asked for, 2 there`,
		"List 5 common symptoms of the flu. → They are fever, chills, and cough.":                                  `"5 common symptoms of the" asked for, 3 there`,
		"Name at least three planets. → Mars, Venus":                                                               `"at least three planets" asked for, 2 there`,
		"Give up to two reasons. → 1. One reason. 2. Another. 3. A third.":                                         `"up to two reasons" asked for, 3 there`,
		"Describe an elephant in five words. → Large and gray.":                                                    `"five words" asked for, 3 there`,
		"Explain deep learning in 10 words or less. → It is a kind of machine learning with many layers of nodes.": `"10 words or less" asked for, 12 there`,
		"Explain the internet in 2 sentences. → It connects computers, e.g. yours and Dr. Who's.":                  `"2 sentences" asked for, 1 there`,
		"Write a poem with four lines about rain. → It rains\nand pours\nall day":                                  `"four lines" asked for, 3 there`,
		"Write a haiku about love. → Love is here\nand there":                                                      `"haiku (3 lines)" asked for, 2 there`,
		"Compose a limerick describing a morning. → A\nB\nC\nD":                                                    `"limerick (5 lines)" asked for, 4 there`,
		"Write a two paragraph essay. → Only one. It ends here.":                                                   `"two paragraph" asked for, 1 there`,
		"Find a four-letter word for happy. → joyful":                                                              `"joyful" has 6 letters, not 4`,
		"List fruits that begin with the letter P. → Pear\nApple\nPlum":                                            `"Apple" does not begin with P`,
		"Sort these words in alphabetical order. | bee, ant, cat → ant, cat, bee":                                  `"cat" stands before "bee"`,
		"Is 1900 a leap year? → Yes, 1900 is a leap year.":                                                         `that 1900 is a leap year is false`,
		"How many days are there between January 1, 2021 and March 1, 2021? → There are 49 days.":                  `it is 59 days, not 49`,
		"If someone was born in 1990, how old are they in 2020? → They are 40 years old.":                          `born in 1990 one is 30 in 2020, not 40`,
		"List two movies released after 2010. → 1. Inception (2010)\n2. Titanic (1997)":                            `1997 is not after 2010`,
		"Output the day of the week given a date. | June 8, 2020 → Tuesday":                                        `June 8, 2020 was a Monday, not a Tuesday`,
	} {
		got := find(text)
		if len(got) != 1 || got[0].Why != why {
			t.Errorf("%q: %v, want %q", text, got, why)
		}
	}
}

func TestWhatIsRightOrUncountableIsLeftAlone(t *testing.T) {
	for _, text := range []string{
		"List five fruits. → 1. Apple\n2. Pear\n3. Plum\n4. Fig\n5. Kiwi",
		"List five fruits. → Apple, pear, plum, fig and kiwi.",
		"List three fruits. → Here are three fruits:\n- Apple\n- Pear\n- Plum\nThey are sweet.",
		"List three pros and three cons. → 1. a\n2. b\n3. c\n4. d\n5. e\n6. f",
		"List two kinds of test. → 1. Unit tests\n- small\n- fast\n2. End to end tests\n- large",
		"Name two areas of a firm. → Research and development, sales.",
		"What are the seven attributes of a triangle? → They are its three sides, three angles, and its perimeter.",
		"Create a story with three characters. → Once upon a time, long ago, there was a fox.",
		"Write about 100 words on love. → Love is all.",
		"Write a 100-word essay. → " + strings.Repeat("word ", 88),
		"Combine the two sentences into one. → He ate but left.",
		"Which of the two words is longer? → Apple is longer.",
		"How many pages has a book with 348 words? → Two.",
		"Write a haiku. → Old pond / a frog jumps / splash",
		"Explain what a haiku is. → A poem.\nOf Japan.",
		"In 2-3 sentences, describe a cat. → Small. Soft. Sweet.",
		"Describe a cat in two sentences. → I met Mr. J. Smith at 3 p.m. in the U.S. yesterday. He has a cat.",
		"Generate keywords in 3 words. → machine learning, deep learning, robotics",
		"Name animals that start with the letter B. → Bear, bee, and bat.",
		"Write SQL for names that start with the letter B. → SELECT * FROM t",
		"Sort these in alphabetical order. | The Beatles, Abba → Abba, The Beatles, Cher",
		"Sort these in alphabetical order. | x → Jane Adams, Abe Baker, Zoe Cole",
		"What day of the week was July 4, 2020? → It was a Saturday.",
		"Is 2000 a leap year? → Yes, it is a leap year.",
		"How many days between January 1, 2021 and March 1, 2021? → 60 days",
		"List two movies released after 2010. → 1. Her (2013)\n2. Arrival (2016)",
		"List five fruits. → I'm sorry, I can't.",
	} {
		if got := find(text); len(got) != 0 {
			t.Errorf("%q: %s", text, got[0].Why)
		}
	}
}

func TestAListThatIsTooLongIsCutAndAnOrderPutRight(t *testing.T) {
	got := find("Name two fruits. → 1. Fig\n2. Kiwi\n3. Plum")
	if len(got) != 1 || got[0].Suggestion == nil || *got[0].Suggestion != "1. Fig\n2. Kiwi" || got[0].Certain {
		t.Errorf("%+v", got)
	}
	got = find("Sort the following list in alphabetical order. | b, c, a → b, c, a.")
	if len(got) != 1 || got[0].Suggestion == nil || *got[0].Suggestion != "a, b, c." || !got[0].Certain {
		t.Errorf("%+v", got)
	}
}

// The weekdays of a few days that calendars of the time give.
func TestDaysHaveTheirWeekdays(t *testing.T) {
	for day, want := range map[string]string{"july 20, 1969": "Sunday", "9 november 1989": "Thursday", "2000-01-01": "Saturday", "december 25th, 1991": "Wednesday"} {
		if got := datesIn(day); len(got) != 1 || got[0].Weekday().String() != want {
			t.Errorf("%s: %v, want %s", day, got, want)
		}
	}
	if got := datesIn("february 30, 2020"); len(got) != 0 {
		t.Errorf("February 30 is %v", got)
	}
}

func TestCountingTakesTimeInProportion(t *testing.T) {
	for _, s := range []string{"a, ", "1. a\n", "- a\n", "a. ", "(1) ", "January 1, 2020 ", "five ", "\n\n", "a and "} {
		start := time.Now()
		find("List five words in 20 words. " + strings.Repeat(s, 20) + " → " + strings.Repeat(s, maxText/len(s)))
		if d := time.Since(start); d > 10*time.Second {
			t.Errorf("%q takes %v", s, d)
		}
	}
}

func FuzzCounts(f *testing.F) {
	for _, d := range Detectors() {
		q, out, _ := strings.Cut(d.Example, " → ")
		f.Add(q, "", out)
	}
	f.Add("Sort alphabetically", "b, a", "b, a")
	f.Fuzz(func(t *testing.T, instruction, input, output string) {
		for _, g := range find(instruction + " | " + input + " → " + output) {
			if g.Certain && g.Suggestion == nil || g.Why == "" {
				t.Errorf("%+v", g)
			}
		}
	})
}
