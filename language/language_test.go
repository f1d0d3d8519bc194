package language

import (
	"maps"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"
)

// The first sentences of articles of the Universal Declaration of Human Rights, in each language's official text.
func TestDeclaration(t *testing.T) {
	known := New()
	for code, text := range map[string]string{
		"en": "All human beings are born free and equal in dignity and rights. They are endowed with reason and conscience.",
		"de": "Alle Menschen sind frei und gleich an Würde und Rechten geboren. Sie sind mit Vernunft und Gewissen begabt.",
		"fr": "Tous les êtres humains naissent libres et égaux en dignité et en droits. Ils sont doués de raison et de conscience.",
		"es": "Todos los seres humanos nacen libres e iguales en dignidad y derechos y, dotados como están de razón y conciencia.",
		"it": "Tutti gli esseri umani nascono liberi ed eguali in dignità e diritti. Essi sono dotati di ragione e di coscienza.",
		"pt": "Todos os seres humanos nascem livres e iguais em dignidade e em direitos. São dotados de razão e de consciência.",
		"nl": "Alle mensen worden vrij en gelijk in waardigheid en rechten geboren. Zij zijn begiftigd met verstand en geweten.",
		"pl": "Wszyscy ludzie rodzą się wolni i równi pod względem swej godności i swych praw. Są oni obdarzeni rozumem.",
		"fi": "Kaikki ihmiset syntyvät vapaina ja tasavertaisina arvoltaan ja oikeuksiltaan. Heille on annettu järki ja omatunto.",
		"sw": "Watu wote wamezaliwa huru, hadhi na haki zao ni sawa. Wote wamejaliwa akili na dhamiri, hivyo yapasa watendeane kindugu.",
		"vi": "Tất cả mọi người sinh ra đều được tự do và bình đẳng về nhân phẩm và quyền.",
		"ru": "Все люди рождаются свободными и равными в своем достоинстве и правах. Они наделены разумом и совестью.",
		"uk": "Всі люди народжуються вільними і рівними у своїй гідності та правах. Вони наділені розумом і совістю.",
		"bg": "Всички хора се раждат свободни и равни по достойнство и права. Те са надарени с разум и съвест.",
		"ar": "يولد جميع الناس أحرارًا متساوين في الكرامة والحقوق. وقد وهبوا عقلا وضميرا.",
		"fa": "تمام افراد بشر آزاد به دنیا می آیند و از لحاظ حیثیت و حقوق با هم برابرند.",
		"ur": "تمام انسان آزاد اور حقوق و عزت کے اعتبار سے برابر پیدا ہوئے ہیں۔",
		"hi": "सभी मनुष्यों को गौरव और अधिकारों के मामले में जन्मजात स्वतन्त्रता और समानता प्राप्त है।",
		"mr": "सर्व मानवी व्यक्ति जन्मतः स्वतंत्र आहेत व त्यांना समान प्रतिष्ठा व समान अधिकार आहेत.",
		"ne": "सबै मानिसहरू जन्मजात स्वतन्त्र हुन् र तिनीहरूको समान अधिकार र इज्जत हुन्छ।",
		"bn": "সমস্ত মানুষ স্বাধীনভাবে সমান মর্যাদা এবং অধিকার নিয়ে জন্মগ্রহণ করে।",
		"ta": "மனிதப் பிறிவியினர் சகலரும் சுதந்திரமாகவே பிறக்கின்றனர்.",
		"te": "ప్రతిపత్తిస్వత్వముల విషయమున మానవులెల్లరును జన్మతః స్వతంత్రులును సమానులును నగుదురు.",
		"kn": "ಎಲ್ಲಾ ಮಾನವರೂ ಸ್ವತಂತ್ರರಾಗಿಯೇ ಹುಟ್ಟಿದ್ದಾರೆ.",
		"ml": "മനുഷ്യരെല്ലാവരും തുല്യാവകാശങ്ങളോടും അന്തസ്സോടും സ്വാതന്ത്ര്യത്തോടുംകൂടി ജനിച്ചിട്ടുള്ളവരാണ്.",
		"gu": "પ્રતિષ્ઠા અને અધિકારોની દૃષ્ટિએ સર્વ માનવો જન્મથી સ્વતંત્ર અને સમાન હોય છે.",
		"pa": "ਸਾਰਾ ਮਨੁੱਖੀ ਪਰਿਵਾਰ ਆਪਣੀ ਮਹਿਮਾ, ਸ਼ਾਨ ਅਤੇ ਹੱਕਾਂ ਦੇ ਪੱਖੋਂ ਜਨਮ ਤੋਂ ਹੀ ਆਜ਼ਾਦ ਹੈ।",
		"th": "มนุษย์ทั้งหลายเกิดมามีอิสระและเสมอภาคกันในเกียรติศักดิ์และสิทธิ",
		"ko": "모든 인간은 태어날 때부터 자유로우며 그 존엄과 권리에 있어 동등하다.",
		"ja": "すべての人間は、生れながらにして自由であり、かつ、尊厳と権利とについて平等である。",
		"zh": "人人生而自由,在尊严和权利上一律平等。",
		"he": "כל בני האדם נולדו בני חורין ושווים בערכם ובזכויותיהם.",
		"el": "Όλοι οι άνθρωποι γεννιούνται ελεύθεροι και ίσοι στην αξιοπρέπεια και τα δικαιώματα.",
		"":   "1, 2, 3 …",
	} {
		if got := known.Code(text); got != code {
			t.Errorf("%q is read as %q: %+v", text, got, known.Read(text))
		}
		if got := known.Code(strings.ToUpper(text)); got != code {
			t.Errorf("%q in capitals is read as %q", text, got)
		}
	}
}

func TestEveryLanguageHasACode(t *testing.T) {
	names := slices.Collect(maps.Keys(frequent()))
	for _, s := range scripts() {
		names = append(names, s.names...)
		for _, tell := range s.tells {
			if !slices.Contains(s.names, tell.name) {
				t.Errorf("%s is told by what is not among %v", tell.name, s.names)
			}
		}
	}
	for _, name := range names {
		if codes()[name] == "" {
			t.Errorf("%s has no code", name)
		}
	}
}

func FuzzRead(f *testing.F) {
	known := New()
	for _, s := range []string{"", "der Hund und", "\xff и ь", "ですfoo", strings.Repeat("é", longest)} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, text string) {
		r := known.Read(text)
		if (r.Name == "") != (len(r.Names) == 0) || r.Name != "" && !slices.Contains(r.Names, r.Name) || r.Sure && r.Name == "" {
			t.Errorf("%q: %+v", text, r)
		}
		if utf8.ValidString(text) && known.Code(text) == "" && strings.ContainsFunc(text[:min(len(text), longest)], func(r rune) bool { return r >= 'a' && r <= 'z' }) {
			t.Errorf("%q has no code", text)
		}
	})
}
