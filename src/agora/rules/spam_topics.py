"""Words, French and English, of the trades that spam comes from: one word of a trade says what any other would say.

Each is a folded word (lower case, no accents); one that ends with "*" stands for all words that begin so. Saying one is
no fault: how much a topic weighs is learned like all else.
"""

from functools import lru_cache

TOPICS: dict[str, str] = {
    "gambling": """
        bet bets betting bingo blackjack bonus casino* cotes gacor gagnant* gagnante* jackpot* judi loterie loto
        lottery machines mise miser pari parier paris* poker pronos pronostic* roulette* slot slots spins sportif
        sportifs sportsbook tirage tombola
    """,
    "money": """
        argent benefice* cash dollar* earn earned earning earnings euros financ* fortune gagne gagner gagnez gains
        income invest* milliers million* money paid paiement* pay payment paypal pays profit* remunere* rentab*
        rentier revenu* rich riche* richesse* salaire salary thousands virement*
    """,
    "crypto": """
        airdrop altcoin* binance bitcoin* blockchain broker* btc coin coins crypto* eth ethereum forex nft presale
        signaux token* trade trader* trading usdt wallet
    """,
    "lending": """
        apr bancaire* borrow consolidation credit* debt* dette dettes emprunt* fiche hypothe* interdit interet*
        lender lending loan loans mortgage octroi* pret preteur* preteuse* prets refinanc* rembours* taux
    """,
    "search": """
        abonnes audit backlink* boost boostez dofollow follower followers google guest likes netlinking rank ranking
        referencement referencer seo serp sponsor* traffic trafic views visiteurs visitors vues
    """,
    "spells": """
        affectif affective amulet* astrolog* caster desenvoute* desespere* envoute* ex horoscope illuminati magie
        magique* maitre malheur marabout* medium mediums minuit occulte* powerful psychic puissant* retour rituel*
        sorcell* sorcier* spell* talisman* tarot* vaudou voodoo voyance voyant*
    """,
    "dating": """
        adult adulte* ame amour bisous cam cams celibataire* cheri coeur coquin* couple dating divorce escort*
        filles girlfriend girls hookup horny lonely massage* milf nude nudes nue nues onlyfans plan porn* profiles
        profils rencontre* sex sexe sexy singles soeur veuve* webcam* widow xxx
    """,
    "health": """
        adderall agrandissement cancer cbd cialis complement* cure cured diabete* diet ejaculation erection* fesses
        fibrome* garcinia gelule* gueri guerir guerison herbal herbes herpes kamagra keto levitra maigrir minceur
        natural naturel* ordonnance* ozempic penis perdez perdre pharma* pill* pilule* poids poitrine prescription
        prostate regime remede* remedy* sexual sexuelle sirop slim sterilite supplement* tramadol viagra weight
        xanax
    """,
    "shopping": """
        abonnement* achat acheter achetez boutique* brand* buy cheap cheapest cher cigarette* code commande
        commander commandez copie copies coupon* deal deals delivery discount* discreet discret* expedition*
        extensions free gratos gratuit* grossiste gucci iphone iptv jordan jordans livraison magasin* marque* nike
        offer offers offert* offre offres order outlet parfum* perruque* price prices prix promo promos promotion*
        rabais reduction* replica* replique* rolex sale sales sell selling shipping shop solde soldes stock store
        subscription vendons vends vente vuitton weed wholesale yeezy
    """,
    "trades": """
        advertise advertising agence agency artisan* assurance* carrelage chaleur chauffag* cleaning clients
        climatisation company contractor couvreur* debouchage demenage* demenageur* depannage deratisation devis
        entreprise estimation fenetres houses immobili* insurance intervention* isolation location locksmith maison
        matelas mattress mutuelle* nettoyage nos offshore panneaux plombier* plumber* pompe professionnel* quote
        rachat rates renovation* rental roofing serrurier* service services societe solaires solar sponsored tarifs
        taxi toit toiture vtc
    """,
    "papers": """
        certificat* certificate* degree diploma* diplome* dissertation espionner essay* fake faux hack hacker*
        hacking ielts licence license memoire passeport* passport* permis piratage pirater spy these toefl
    """,
    "job": """
        coaching commission* complementaire* distributeur* domicile dropshipping embauch* emploi* formation*
        freelance hiring home hourly independant* investisseurs job jobs masterclass passif passive recrut* recrute*
        sondage* survey* travail* work working
    """,
    "urgency": """
        aujourd dernier derniere expire* fast hurry immediat* immediate* instant* instantane* late limite*
        maintenant now only places quantite* quick quickly rapide* seulement tard today urgent* vite
    """,
    "promise": """
        astuce certifie* definitif* effective efficace* fiable* garanti* guarantee* honest honnete* merveille*
        miracle* miracul* prouve* proven recommande* recommend* reliable resultat* results risk risque satisfaction
        satisfait* secret* serieuse* serieux sincere* sur temoign* testimon* trick trusted
    """,
    "contact": """
        appeler appelez call contact* dm ecrire ecrivez email gmail hangouts inbox joignez joindre mail mp number
        numero prive reach reply repondez skype sms tel telegram telephone text watsapp whatsap whatsapp
    """,
    "own": """
        abonne abonnez album beats bio bit blog chaine chanel chanell channel check checkout clic click clique
        cliquer cliquez cover covers decouvrez decouvrir discover download facebook follow goo homepage inscri*
        insta instagram join lien likez link links mixtape page partagez petition playlist profil profile rap rapper
        rejoignez rejoins share site soundcloud sub subs subscribe subscribed subscriber* suivez telecharge* tiktok
        tinyurl twitch twitter upload* vid video videos vids visit visite visiter visitez vote votez webpage website
    """,
    "praise": """
        admire* amazing appreci* awesome bookmark* bravo cousin enjoy* excellent* fantastic genial* good great
        helpful impressed incredible informati* interessant* interesting magnifi* merci nice pertinent* precieux
        qualite quality stumbled super superb* thank thanks useful utile* wonderful
    """,
}


def _index() -> tuple[dict[str, str], dict[str, str]]:
    """Which topic each whole word and each beginning belongs to."""
    whole: dict[str, str] = {}
    begun: dict[str, str] = {}
    for topic, words in TOPICS.items():
        for word in words.split():
            if word.endswith("*"):
                begun[word[:-1]] = topic
            else:
                whole[word] = topic
    return whole, begun


_WHOLE, _BEGUN = _index()
_SHORTEST = min(map(len, _BEGUN))
_LONGEST = max(map(len, _BEGUN))


def topic_of(word: str) -> str | None:
    """The topic that a folded word belongs to."""
    return _WHOLE.get(word) or _topic_begun(word[:_LONGEST])


@lru_cache(maxsize=8_192)
def _topic_begun(word: str) -> str | None:
    for length in range(len(word), _SHORTEST - 1, -1):
        if topic := _BEGUN.get(word[:length]):
            return topic
    return None
