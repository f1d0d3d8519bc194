package language

// frequent lists the most frequent words of the languages that are written in Latin letters.
func frequent() map[string]string {
	return map[string]string{
		"english": `the of and to in is that it was for on are as with his they at be this from have or had by but what were when your
			can said there an which she how their if will about out then them these so some her would him into has two more could
			i am my me we our us do does did not no yes please made make how why should here any like just over very than only also most many much good up its being may`,
		"german": `der die und in den von zu das mit sich des auf für ist im dem nicht ein eine als auch es an werden aus er hat dass sie
			nach wird bei einer um am sind noch wie einem über einen so zum war haben nur oder aber vor zur bis mehr durch ich wir kann ihr`,
		"french": `de la le et les des en un du une que est pour qui dans a par plus pas au sur ne se ce il sont avec ou son nous vous je
			elle mais comme aux été cette ces sa leur tout fait ont être même très où si d'un d'une c'est l'on qu'il`,
		"spanish": `de la que el en y a los del se las por un para con no una su al lo como más pero sus le ya o este sí porque esta entre
			cuando muy sin sobre también me hasta hay donde quien desde todo nos durante es está son mi te usted qué fue`,
		"italian": `di e il la che in a per un è del non sono le si con i da una dei al come più ma gli alla anche della nel ha lo sua o
			su se questo mi ti cosa delle degli nella dal tutto essere molto ho hanno io ci loro dalla sul sulla sui nelle dei`,
		"portuguese": `de a o que e do da em um para é com não uma os no se na por mais as dos como mas foi ao ele das tem à seu sua ou ser
			quando muito há nos já está eu também só pelo pela até isso ela entre era depois sem mesmo são você`,
		"dutch": `de en van ik te dat die in een hij het niet zijn is was op aan met als voor had er maar om hem dan zou of wat mijn men
			dit zo door over ze zich bij ook tot je mij uit der daar haar naar heb hoe heeft hebben deze u want nog zal wordt`,
		"swedish": `och i att det som en på är av för med den till inte har de ett om var jag han men hade vi från kan så eller sig när
			man hon också efter mycket där bara vara blir vid hur detta dig mig din sin`,
		"danish": `og i at det er en til på som for de med den af ikke der var jeg et han har men om vi hun fra kan så eller sig når man
			også efter meget hvor bare være bliver ved hvordan dette dig mig blev`,
		"polish": `w i na się z do nie że to jest jak o po co tak za od przez dla ale czy tym był są przy może ich bardzo tego już tylko
			oraz jego być które który która ma`,
		"turkish":    `ve bir bu da de için ile çok daha olarak ne gibi kadar ben sen olan var en ama o değil ise sonra her mi mı olduğu şey`,
		"romanian":   `și de în a la cu pe că nu o este din un pentru care mai se sunt al ca să sau fost ale fi prin după acest foarte eu au`,
		"indonesian": `yang dan di itu dengan untuk tidak ini dari dalam akan pada juga saya ke karena ada mereka bisa oleh atau adalah kita anda sudah`,
		"vietnamese": `và của là có trong được cho một không người các với này những đã để khi từ về như tôi ở bạn rất nhiều`,
		"czech":      `a se v na je že to s z do o i ve jako za by ale po jsem jsou pro k tak co od která který není být nebo ze si`,
		"hungarian":  `a az és hogy nem is egy ez van meg de csak volt ha már mint még azt vagy én nagyon kell lesz mert ezt`,
		"finnish":    `ja on ei se että hän oli mutta ovat kun niin kuin myös ole tai joka minä sen mitä jos ne vain hyvin voi`,
		"latin":      `et in est non ad ut cum sed quod qui ex si ab esse sunt quae per quam aut hoc nec enim atque`,
		"swahili": `na ya wa kwa ni katika la za kuwa cha hii hiyo hizi huo kama pia sana lakini yake wao watu mtu hivyo ili baada kila
			hili vya mimi wewe yetu wako yako yao wetu kutoka hata sasa tu bila zaidi kuhusu ambayo ambao ndio siyo si siku`,
	}
}
