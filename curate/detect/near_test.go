package detect

import (
	"slices"
	"strings"
	"testing"

	"github.com/cria-llm/cria/curate"
	"github.com/cria-llm/cria/curate/curatetest"
)

// found are the names of the detectors that find something in the exchange, but for white space, which most texts have.
func found(all []curate.Detector, x curate.Exchange) []string {
	var names []string
	for _, d := range all {
		if d.Name != "whitespace" && len(d.Look(x)) > 0 {
			names = append(names, d.Name)
		}
	}
	return names
}

func TestFaultsAreFound(t *testing.T) {
	all := Text()
	for name, examples := range map[string][]string{
		"empty-output":      {"Say hello. → ", "Say hello. → \n \t", "Say hello. → \u200b\ufeff"},
		"placeholder-input": {"Name a dog. | No input required. → Rex.", "Name a dog. | < noinput > → Rex.", `Name a dog. | {\noinput} → Rex.`, "Name a dog. | N/A → Rex.", `Name a dog. | "<noinput>" → Rex.`},
		"placeholder":       {"Draw a cat. → <No Output>", "Draw a cat. → N/A", "Make a poster. → [Insert poster text here]", "Describe the town. → Lorem ipsum dolor sit amet."},
		"merged-instruction": {
			"Why is the sky blue? → Air scatters blue light.\n## \n14. Instruction: Name a king.\n14. Input: <noinput>\n14. Output:\nLouis",
			"Name a king. 5. | Instruction: x\n12. Instruction: Name a queen. → Louis"},
		"asks-for-input": {"Summarize the article. → I'm sorry, but no article was provided.", "Sort it. → Could you please provide the list?",
			"What is it? → The input text was not provided."},
		"missing-input": {"Edit the following paragraph. →  Done.", "Analyze the given phrase and determine the part of speech. → An adjective phrase.",
			"Give your opinion on the article. → It is good.", "Summarize the following article. | No input → It is about trees."},
		"unavailable-reference": {"What animal is in the attached photo? → A fox.", "Improve the design. | [PICTURE] → Use larger type.",
			"Summarize the article about space. | https://www.history.com/space-race → It was a race.", "Make a chart. → ![Chart](https://x.org/a.png)"},
		"refusal": {"Design a logo. → As a large language model, I am unable to generate visual data.", "Who won today? → My knowledge cutoff is in 2021.",
			"Book a table. → This task cannot be completed by a GPT model.", "写一首诗。 → 作为一个人工智能语言模型，我不能写诗。",
			"Wer gewinnt die Wahl? → Als KI-Sprachmodell kann ich das nicht sagen.", "Upload it. → I'm sorry, but I can't do that."},
		"wrong-language": {"Translate to French: I like the small house. → I like the small house and it is very nice.",
			"Translate the sentence into Japanese. | I am here. → I am here and you are there with me.",
			"Was ist die Hauptstadt von Frankreich und wie viele Leute sind da? → The capital of France is Paris and it has about two million people.",
			"What do you think is the best way to learn this? → 我认为最好的办法是每天练习并且不断地复习所学的内容，这样就会进步。"},
		"copied-input":       {"Translate into French. | I like dogs and cats. → I like dogs and cats.", `Rewrite this sentence: "The dog ate the bone." → The dog ate the bone.`},
		"echoed-instruction": {"Create a looping GIF of a cat running. → Create a looping GIF of a cat running."},
		"repetition": {"Describe a dog. → It is a dog and it is a dog and it is a dog and it is a dog and it is a dog and it is a dog.",
			"描述一只狗。 → " + strings.Repeat("它是一只非常好的狗。", 8)},
		"cut-off": {"Describe Europe. → They are members of the United Nations, and of the", "List ten dogs. → 1. Poodle\n2. Pug\n3.",
			"Write a page. → <html>\n<body>\n<p>Hello to all of you</p>", "Write a letter. → I would like to tell you that your order of the twelve chairs has left us on Monday,"},
		"unbalanced-fence": {"Print. → ~~~\nprint(1)\n", "Print. → ````go\n```\n"},
		"leaked-prompt":    {"Name a color. → Red. ### Not this\n### Response: Blue.", "Name a color. → <|im_start|>Red.", "You are asked to come up with a set of 20 diverse task instructions. → Yes."},
		"too-short":        {"Explain why the sky is blue. → Because of air.", "Write an essay about war and peace. → War is bad. Peace is good."},
		"pii":              {"Who is he? → Write to john.doe@gmail.com.", "Pay. → DE89 3704 0044 0532 0130 00", "Pay. → 4012-8888-8888-1881", "Ask her. → +49 30 901820 55", "Ask. → 219-09-9998"},
		"secrets": {"Show it. → AKIAQ7RZ2LM4PX9TWC3B", "Show it. → -----BEGIN RSA PRIVATE KEY-----\nMIIEpAIBAAKCAQEA7x9qk2zPq0Yw8s1mVbN4cTgHjL5eRdUoIyXaFWzQ\n-----END RSA PRIVATE KEY-----",
			"Show it. → eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJhbmEifQ.dBjftJeZ4CVPmB92K27uhbUJU1p1r"},
		"toxic":       {"Say something. → You are a bastard."},
		"encoding":    {"Say it. → donâ€™t", "Say it. → lost \ufffd here", "Say it. → Tom &amp; Ann", `Say it. → First this.\nThen that.\nThen all.`, "Say it. → zero\u200bwidth"},
		"punctuation": {"Say it. → Yes , of course.", "Say it. → He went to the the house.", "Say it. → It is over.."},
	} {
		i := slices.IndexFunc(all, func(d curate.Detector) bool { return d.Name == name })
		if i < 0 {
			t.Fatalf("no detector is named %s", name)
		}
		for _, e := range examples {
			if len(all[i].Look(curatetest.Exchange(e))) == 0 {
				t.Errorf("%s does not find %q", name, e)
			}
		}
	}
}

func TestSoundRowsPass(t *testing.T) {
	all := Text()
	for _, s := range []string{
		"Name the additive identity. → 0",
		"Is there an even prime above two? Answer none if not. → None",
		"Write a letter template. → Dear [Your Name here],\nthank you.",
		"Classify the value. | null → It is a missing value.",
		"What is the following year after 1999? → 2000",
		`Explain the following proverb "Honesty is the best policy". → It says that lying does not pay in the long run, for you or for others.`,
		"List restaurants in Montreal. → 1. L'Express\n2. Les 400 Coups\n3. La Chronique\n4. Plats du Chef\n5. La Banquise\n6. Tacos et Burritos",
		"Search for an article about bees and give the title of the article. → The Secret Life of Bees",
		"Which is larger, 7 or 9? | Consider the following. → 9",
		"Write a Python function that reverses the given string. → def f(s):\n    return s[::-1]",
		"Imagine a hero and write a backstory for this hero. → Ann grew up by the sea, where she learned to swim before she could walk.",
		"Write an apology for being late. → I'm sorry, I can't tell you how much I regret being late.",
		"Write a dialogue with a shop. → Ann: Could you please provide more information about the red one?\nBob: Of course.",
		"What can a large language model not do? → It cannot taste.",
		"How is a picture hung? → Draw a line where the top of the picture should be, then drive in a nail.",
		"Translate to French: Good morning. → Bonjour.",
		"Translate \"Hello\" to Japanese. → こんにちは",
		"How do you say thank you in Japanese? → Arigatou gozaimasu.",
		"Translate from German to English. | Guten Morgen, wie geht es Ihnen heute? → Good morning, how are you today?",
		"Correct the spelling. | They tried to fixx the car. → They tried to fix the car.",
		"Sort the list. | c, b, a → a, b, c",
		"Write a song. → " + strings.Repeat("Row, row, row your boat\n", 3),
		"Plan a week. → Monday:\n- 10 minutes of stretching every day\nTuesday:\n- 10 minutes of stretching every day\nWednesday:\n- 10 minutes of stretching every day",
		"Complete the sentence: The cat sat on → the",
		"List three dogs. → 1. Poodle\n2. Pug\n3. Boxer",
		"Write a letter of thanks. → Thank you for the lovely evening with all of your friends and family.\n\nSincerely,",
		"Print hello. → ```python\nprint('hello')\n```",
		"Write a title for an essay about war. → The Long Winter",
		"Describe the sky in three words. → Blue, vast, clear.",
		"Who is he? → Write to support@example.com or call (212) 555-0147.",
		"Calculate the hypotenuse of 4 and 5. → 6.4031242374328485",
		"Give an IP address. → 10.0.0.1",
		"Show a key. → AKIAIOSFODNN7EXAMPLE",
		"Where is it? → In Scunthorpe, on a classic assassin's grass.",
		"Shout it. → „SCHÖN“, rief er. SÃO PAULO. Une ÂME.",
		"Write HTML for Tom & Ann. → <p>Tom &amp; Ann</p>",
		`Match a new line with a regular expression. → Use \n for it, and \n\n for two.`,
		"Split the sentence into tokens. → Hello , world .",
		"Which film was it? → It is much like the The Godfather of that year.",
		"Say it in French. → Comment allez-vous ?",
		"Wait for it. → And then ... nothing.",
		"Name a number. | 7 → Seven",
		"Was ist die Hauptstadt von Deutschland? → Die Hauptstadt von Deutschland ist Berlin.",
		"Schreibe einen kurzen Absatz über den Herbst und das Wetter. → Im Herbst werden die Blätter bunt, und das Wetter ist oft kühl und nass. Viele Leute gehen mit ihren Hunden in den Wald.",
		"Zusammenfassen. | Der Hund ist im Garten, die Katze auf dem Dach. → Die Tiere sind draußen.",
		"请介绍一下北京。 → 北京是中国的首都，历史悠久，有故宫、长城等名胜古迹，也是全国的政治和文化中心。",
		"日本の首都はどこですか。 → 日本の首都は東京です。人口は約千四百万人で、政治と経済の中心です。",
		"ما هي عاصمة مصر؟ → عاصمة مصر هي القاهرة، وهي أكبر مدينة في العالم العربي.",
		"می\u200cخواهم بدانم. → کتاب\u200cها روی میز هستند.",
		"Расскажи о Москве. → Москва — столица России, крупнейший город страны и важный культурный центр.",
		"Add two numbers in Go. → func add(a, b int) int {\n\treturn a + b\n}",
		"Write a Bash loop. → for i in 1 2 3; do echo \"$i\"; done",
		"Send a family. → 👨‍👩‍👧 ❤️",
	} {
		if names := found(all, curatetest.Exchange(s)); names != nil {
			t.Errorf("%q is sound, and %s finds something: %v", s, names[0], names)
		}
	}
}

// What follows from the row alone is written out here by hand.
func TestCertainRepairs(t *testing.T) {
	detectors := Text()
	for _, c := range []struct{ name, row, better string }{
		{"placeholder-input", "Name a dog. | <noinput> → Rex.", ""},
		{"placeholder", "Design it. → <noinput>\n\nFirst draw a line.", "First draw a line."},
		{"merged-instruction", "Why? → It is so.\n## \n14. Instruction: Name a king.\n14. Output:\nLouis", "It is so."},
		{"leaked-prompt", "Name a color. → Red.<|im_end|>\n", "Red."},
		{"encoding", "Say it. → The cafÃ© isnâ€™t “openâ€\u009d.", "The café isn’t “open”."},
		{"encoding", "Say it. → Tom &amp; Ann\u200b&#39;s", "Tom & Ann's"},
		{"encoding", `Say it. → First this.\nThen that.\n\nThen all.`, "First this.\nThen that.\n\nThen all."},
		{"whitespace", "Say it. →  Blue,  as the sky. \n\n\n\nOr  red.  Maybe.\n\n", "Blue, as the sky.\n\nOr red.  Maybe."},
		{"whitespace", "Say it. → Hard  \nbreak\r\n    code  here\n| a  | b |", "Hard  \nbreak\n    code  here\n| a  | b |"},
		{"punctuation", "Say it. → Yes , of course,, dear.. Really", "Yes, of course, dear. Really"},
	} {
		i := slices.IndexFunc(detectors, func(d curate.Detector) bool { return d.Name == c.name })
		all := detectors[i].Look(curatetest.Exchange(c.row))
		if len(all) != 1 || !all[0].Certain || *all[0].Suggestion != c.better {
			got := "nothing"
			if len(all) > 0 && all[0].Suggestion != nil {
				got = *all[0].Suggestion
			}
			t.Errorf("%s mends %q to %q, %+v; want %q", c.name, c.row, got, all, c.better)
		}
	}
}
