package main

// kinds lists the exercises with the ways to set them.
func kinds() []kind {
	return []kind{
		{"opposite", drawOpposite, []string{
			"What is the opposite of {}?", "Give the opposite of the word.|{}", "Write a word that means the opposite of {}.",
			"Opposite of {}?", "Tell me the opposite of {}.", "Find the opposite of this word.|{}", "Which word is the opposite of {}?",
			"Say the opposite of {}.", "{} is the opposite of which word?", "Name the opposite.|{}", "The opposite of {} is what?",
			"What word means the opposite of {}?", "Please give me the opposite of {}.", "Turn this word into its opposite.|{}",
		}, []string{
			"Can you tell me what the opposite of {} is?", "Here is a word. Answer with its opposite.|{}", "I need the opposite of the word {}.", "If it is not {}, what is the opposite?",
		}},
		{"plural", drawPlural, []string{
			"What is the plural of {}?", "Write the plural.|{}", "Give the plural of {}.", "One {}, two what?", "Make this word plural.|{}",
			"What is the plural form of {}?", "Plural of {}?", "Tell me the plural of {}.", "How do you write more than one {}?", "Change the word to the plural.|{}",
			"Say the plural of {}.", "There is one {}. Now there are two of what?", "Please write the plural of {}.", "Find the plural of this noun.|{}",
		}, []string{
			"Can you give me the plural of {}?", "Here is one thing. Write the plural of the word.|{}", "I have one {}, and you have many what?", "The plural of {} is what?",
		}},
		{"past", drawPast, []string{
			"Write the sentence in the past.|{}", "Put this sentence into the past tense.|{}", "Change the sentence to the past.|{}",
			"Say this as if it was yesterday.|{}", "Rewrite in the past tense: {}", "Turn the sentence into the past tense.|{}", "Make it past tense: {}",
			"It happened yesterday. Write the sentence again.|{}", "Past tense, please: {}", "Write this in the past tense.|{}", "Move the sentence into the past: {}",
			"Tell it in the past.|{}", "Please write this sentence in past tense: {}", "Use the past tense.|{}",
		}, []string{
			"Can you change this sentence to past tense?|{}", "Say the same sentence, but in the past: {}", "Write the sentence as it was yesterday.|{}", "Here is a sentence. Give it in the past tense.|{}",
		}},
		{"category", drawCategory, []string{
			"What kind of thing is {}?", "What is {}: an animal, a fruit, a tool or something else?", "Name the kind.|{}", "To which group does the word belong?|{}", "Which kind of thing is this?|{}",
			"Say what kind of thing {} is.", "What sort of thing is {}?", "Give the group for the word {}.", "{} is a kind of what?", "Tell me what kind of thing it is.|{}",
			"Name the group that {} belongs to.", "Sort the word into a group.|{}", "What group is {} in?", "Write the kind of thing that this word names.|{}",
		}, []string{
			"Can you say what kind of thing {} is?", "Here is a word. Tell me its kind.|{}", "The word {} names what sort of thing?", "What kind of thing do we call {}?",
		}},
		{"next", drawNext, []string{
			"What comes after {}?", "What comes next after {}?", "Say what follows {}.", "Name the next one.|{}", "Which one comes after {}?", "After {} comes what?",
			"What follows {}?", "Give the next one after {}.", "What is the next one after this?|{}", "Tell me what comes right after {}.", "Continue with the next one.|{}",
			"Write what comes after this.|{}", "What is right after {}?", "Please name what comes after {}.",
		}, []string{
			"Can you say what comes after {}?", "Here is one. Write the one that comes after it.|{}", "I said {}. What comes next?", "Which is the next one after {}?",
		}},
		{"sum", drawSum, []string{
			"What is {}?", "Work out {}.", "How much is {}?", "Give the answer.|{}", "{} = ?", "Find the answer: {}", "Do this sum.|{}", "Answer this sum: {}",
			"Tell me what {} is.", "Write the result.|{}", "What does {} make?", "What do you get for {}?", "Solve it.|{}", "Please work this out: {}",
		}, []string{
			"Can you tell me how much {} is?", "Here is a sum. Write its answer.|{}", "How much do you get for {}?", "I want to know what {} is.",
		}},
		{"sentiment", drawSentiment, []string{
			"Is this positive or negative?|{}", "Is the review positive or negative?|{}", "Say if the text is positive or negative.|{}", "Decide: positive or negative?|{}",
			"Does the writer sound positive or negative?|{}", "Positive or negative: {}", "Tell me whether this is positive or negative.|{}", "What is the feeling, positive or negative?|{}",
			"Read it and say positive or negative.|{}", "Choose positive or negative for this review.|{}", "Answer positive or negative.|{}", "Is this opinion positive or negative? {}",
			"Write positive or negative.|{}", "How does this sound, positive or negative?|{}",
		}, []string{
			"Can you say whether this text is positive or negative?|{}", "Someone wrote this. Is it positive or negative?|{}", "Would you call this positive or negative? {}", "Judge the text: positive or negative.|{}",
		}},
		{"reading", drawReading, []string{
			"{q}|{}", "Read the text and answer. {q}|{}", "{} {q}", "Answer the question about the text. {q}|{}", "{q} Use the text.|{}", "Read this: {} Now answer: {q}",
			"Use the sentences to answer: {q}|{}", "Question: {q}|{}", "Look at the text. {q}|{}", "Find the answer in the text. {q}|{}", "What does the text say? {q}|{}",
			"Text: {} Question: {q}", "Please answer: {q}|{}", "Here is a text. {} {q}",
		}, []string{
			"Can you answer this from the text? {q}|{}", "I read this: {} Tell me: {q}", "After reading the text, answer this question. {q}|{}", "Short answer, please. {q}|{}",
		}},
		{"yes-no", drawYesNo, []string{
			"{q} Answer yes or no.|{}", "Yes or no: {q}|{}", "{} {q} Yes or no?", "Read the text and say yes or no. {q}|{}", "Say yes or no. {q}|{}", "Answer yes or no: {q}|{}",
			"Is it yes or no? {q}|{}", "Text: {} Question: {q} Say yes or no.", "{q} Yes or no?|{}", "Tell me yes or no. {q}|{}", "Use the text and answer yes or no. {q}|{}",
			"Read this: {} Answer yes or no. {q}", "Please say yes or no: {q}|{}", "Decide, yes or no. {q}|{}",
		}, []string{
			"Can you answer with yes or no? {q}|{}", "I read this: {} Yes or no: {q}", "After reading the text, say yes or no. {q}|{}", "Only yes or no, please. {q}|{}",
		}},
		{"sort words", drawSortWords, []string{
			"Sort the words by the alphabet.|{}", "Put these words in the order of the alphabet.|{}", "Write the words in alphabetical order: {}", "Order these words from A to Z.|{}",
			"Sort from A to Z: {}", "Arrange the words by the alphabet.|{}", "Put the words in alphabetical order.|{}", "Sort these words: {}", "Alphabetical order, please: {}",
			"Which order do these words have in a dictionary?|{}", "List the words from A to Z.|{}", "Make the words alphabetical.|{}", "Please sort these words by the alphabet: {}", "Order the words as in a dictionary.|{}",
		}, []string{
			"Can you put these words in alphabetical order?|{}", "Here are three words. Sort them from A to Z.|{}", "I want these words sorted by the alphabet: {}", "Write these words again in alphabetical order.|{}",
		}},
		{"sort numbers", drawSortNumbers, []string{
			"Sort the numbers.|{}", "Put these numbers in order.|{}", "Write the numbers from small to large: {}", "Order these numbers, the smallest first.|{}",
			"Sort from small to large: {}", "Arrange the numbers from the smallest to the largest.|{}", "Put the numbers in order, small to large.|{}", "Sort these numbers: {}", "Smallest first, please: {}",
			"What is the right order of these numbers?|{}", "List the numbers from small to large.|{}", "Make the numbers go up.|{}", "Please sort these numbers: {}", "Order the numbers by size.|{}",
		}, []string{
			"Can you put these numbers in order?|{}", "Here are three numbers. Sort them, the smallest first.|{}", "I want these numbers sorted from small to large: {}", "Write these numbers again, from the smallest to the largest.|{}",
		}},
		{"last word", drawLastWord, []string{
			"What is the last word?|{}", "Write the last word of the sentence.|{}", "Give the last word of: {}", "Which word comes last?|{}", "Say the last word.|{}",
			"Find the last word in this sentence.|{}", "Last word of this: {}", "Tell me the last word.|{}", "What is the last word in \"{}\"?", "Name the word at the end.|{}",
			"Copy the last word.|{}", "The sentence ends with which word?|{}", "Please write the last word: {}", "Which word is at the end of the sentence?|{}",
		}, []string{
			"Can you tell me the last word of this sentence?|{}", "Here is a sentence. Write its last word.|{}", "I want only the last word: {}", "With which word does the sentence end?|{}",
		}},
		{"superlative", drawCompare, []string{
			"What is the superlative of {}?", "Give the superlative.|{}", "Write the superlative form of {}.", "{}, and the most of all?", "Superlative of {}?", "Tell me the superlative of {}.",
			"This one is {}. Of all of them, it is the what?", "Form the superlative.|{}", "Say the superlative of the word {}.", "What do we say for the most {} of all?", "Find the superlative of this word.|{}",
			"Change the word to the superlative.|{}", "Please give the superlative of {}.", "Which word is the superlative of {}?",
		}, []string{
			"Can you give me the superlative of {}?", "Here is a word. Write its superlative.|{}", "I need the superlative form of the word {}.", "The superlative of {} is what?",
		}},
		{"count", drawCount, []string{
			"How many words are there?|{}", "Count the words.|{}", "How many words does this have?|{}", "Give the number of words.|{}", "Count the words in: {}", "Tell me how many words there are.|{}",
			"What is the number of words?|{}", "How many words do you see?|{}", "Number of words, please: {}", "Write how many words this is.|{}", "How many words are in this list?|{}",
			"Count them: {}", "Please count these words: {}", "Say the number of words.|{}",
		}, []string{
			"Can you count the words here?|{}", "Here are some words. How many are there?|{}", "I want to know how many words this has: {}", "How many words can you count?|{}",
		}},
	}
}
