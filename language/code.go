package language

import (
	"strings"
	"unicode"
)

// Unknown is the code of a text in a language that is not known (ISO 639-2).
const Unknown = "und"

// Code says which language a text is likeliest in: its code in ISO 639-1, [Unknown], or "" for a text without letters.
func (k *Known) Code(text string) string {
	r := k.Read(text)
	switch {
	case r.Name != "":
		return codes()[r.Name]
	case strings.ContainsFunc(text, unicode.IsLetter):
		return Unknown
	}
	return ""
}

func codes() map[string]string {
	return map[string]string{
		"arabic": "ar", "bengali": "bn", "bulgarian": "bg", "chinese": "zh", "czech": "cs", "danish": "da", "dutch": "nl", "english": "en",
		"finnish": "fi", "french": "fr", "german": "de", "greek": "el", "gujarati": "gu", "hebrew": "he", "hindi": "hi", "hungarian": "hu",
		"indonesian": "id", "italian": "it", "japanese": "ja", "kannada": "kn", "korean": "ko", "latin": "la", "macedonian": "mk",
		"malayalam": "ml", "marathi": "mr", "nepali": "ne", "persian": "fa", "polish": "pl", "portuguese": "pt", "punjabi": "pa",
		"romanian": "ro", "russian": "ru", "sanskrit": "sa", "serbian": "sr", "spanish": "es", "swahili": "sw", "swedish": "sv",
		"tamil": "ta", "telugu": "te", "thai": "th", "turkish": "tr", "ukrainian": "uk", "urdu": "ur", "vietnamese": "vi",
	}
}
