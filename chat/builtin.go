package chat

// Stanford Alpaca's prompts (tatsu-lab/stanford_alpaca, train.py, PROMPT_DICT). Nothing stands between "### Response:"
// and the answer.
const (
	alpacaIntro      = "Below is an instruction that describes a task. Write a response that appropriately completes the request."
	alpacaIntroInput = "Below is an instruction that describes a task, paired with an input that provides further context. Write a response that appropriately completes the request."

	alpacaInstruction = "\n\n### Instruction:\n"
	alpacaInput       = "\n\n### Input:\n"
	alpacaResponse    = "\n\n### Response:"
)

// alpacaPieces: the original has one turn and no system message. Here a system message takes the place of the opening
// sentence, and later turns repeat the headings without it.
func alpacaPieces(conv []Message, _ bool) []piece {
	system, turns := split(conv)
	var list []piece
	for i, m := range turns {
		if m.Role == Assistant {
			list = append(list, piece{text, m.Content, true}, piece{end, "", true})
			continue
		}
		s := ""
		if i == 0 {
			switch {
			case system != "":
				s = system
			case m.Input != "":
				s = alpacaIntroInput
			default:
				s = alpacaIntro
			}
		}
		s += alpacaInstruction + m.Content
		if m.Input != "" {
			s += alpacaInput + m.Input
		}
		list = append(list, piece{text, s + alpacaResponse, false})
	}
	return list
}

const (
	imStart = "<|im_start|>"
	imEnd   = "<|im_end|>"
)

// chatmlPieces: the newline after a turn is not learned, because generation ends at <|im_end|>.
func chatmlPieces(conv []Message, open bool) []piece {
	system, turns := split(conv)
	var list []piece
	turn := func(role Role, content string) {
		list = append(list,
			piece{control, imStart, false}, piece{text, string(role) + "\n" + content, false},
			piece{control, imEnd, false}, piece{text, "\n", false})
	}
	head := func() {
		list = append(list, piece{control, imStart, false}, piece{text, string(Assistant) + "\n", false})
	}
	if system != "" {
		turn(System, system)
	}
	for _, m := range turns {
		if m.Role == User {
			turn(User, joined(m))
			continue
		}
		head()
		list = append(list, piece{text, m.Content, true}, piece{control, imEnd, true}, piece{text, "\n", false})
	}
	if open {
		head()
	}
	return list
}

const (
	vicunaSystem = "A chat between a curious user and an artificial intelligence assistant. The assistant gives helpful, detailed, and polite answers to the user's questions."
	vicunaLead   = " "
)

// vicunaPieces: FastChat's conversation template vicuna_v1.1 (lm-sys/FastChat, conversation.py). The space before an
// answer belongs to its first word, as in running text, so it is learned with the answer.
func vicunaPieces(conv []Message, _ bool) []piece {
	system, turns := split(conv)
	if system == "" {
		system = vicunaSystem
	}
	var list []piece
	for i, m := range turns {
		if m.Role == Assistant {
			list = append(list, piece{text, vicunaLead + m.Content, true}, piece{end, "", true})
			continue
		}
		s := "USER: " + joined(m) + " ASSISTANT:"
		if i == 0 {
			s = system + " " + s
		}
		list = append(list, piece{text, s, false})
	}
	return list
}

// plainPieces: texts as they are; a system message goes before the first prompt, a blank line between.
func plainPieces(conv []Message, _ bool) []piece {
	system, turns := split(conv)
	var list []piece
	for i, m := range turns {
		if m.Role == Assistant {
			list = append(list, piece{text, m.Content, true}, piece{end, "", true})
			continue
		}
		s := joined(m)
		if i == 0 && system != "" {
			s = system + "\n\n" + s
		}
		list = append(list, piece{text, s, false})
	}
	return list
}
