/**
 * The 18 places where the texts contradict themselves or each other (DOMAIN §1.5), and the strict reading applied.
 * A matrix cell that rests on one names its number; `where` says where the others are applied.
 */
export const READINGS = {
  1:  { conflict: 'Médecin traitant : le 6° est cité par numéro, pas dans la liste détaillée', reading: '6° accordé seulement avec consentement', where: 'matrice' },
  2:  { conflict: 'Médecin traitant : l’AIPD ne dit rien du consentement, le décret l’exige', reading: 'consentement requis, refus par défaut', where: 'matrice' },
  3:  { conflict: 'DMP : 6° cité par numéro, absent de la liste ; 8° absent bien que le 5° nomme les professionnels', reading: '6° non versé (commutateur fermé) ; identité des professionnels par le 5°', where: 'matrice' },
  4:  { conflict: 'ANSM : 6° cité par numéro, absent de la liste', reading: '6° accordé, la mission exige le 6° c', where: 'matrice' },
  5:  { conflict: 'ANSM : 3 + 3 lettres, ou trigramme et une lettre avec coordonnées du professionnel', reading: 'vue : 3 + 3 lettres du nom de naissance et du prénom ; aucun 8°', where: 'matrice' },
  6:  { conflict: 'SPIS : le 5° est individuel, la mission ne porte que sur l’offre', reading: 'aucune ligne de personne : lieux, vaccins, professionnels', where: 'matrice' },
  7:  { conflict: 'DNUM : trois périmètres différents', reading: 'l’ensemble le plus étroit, sous risque déclaré', where: 'matrice' },
  8:  { conflict: 'DNUM : informer suppose le 3°, non accordé', reading: 'coordonnées résolues par la CNAM', where: 'matrice' },
  9:  { conflict: 'Agents : presque tout, mais « pas vocation à accéder » hors attestations', reading: 'deux profils : AGENT_AM et AGENT_ATTESTATION', where: 'matrice' },
  10: { conflict: 'Agents : propre organisme, ou organismes délégués aussi', reading: 'organismes du jeton : le sien et ses délégants', where: 'condition ownBodies' },
  11: { conflict: 'Professionnels : 2° accordé par le décret, masqué par M1.33', reading: 'masqué', where: 'matrice' },
  12: { conflict: 'Professionnels : 7° accordé par le décret, masqué par M2.42', reading: 'masqué', where: 'matrice' },
  13: { conflict: 'Professionnels : « traitements en cours » et exclusion du 6° a', reading: 'rien du 6° a ; seulement ce qui fut saisi au 6° b', where: 'matrice' },
  14: { conflict: 'Export « totalement dé-identifié » avec date de naissance, commune et RPPS', reading: 'classe d’âge, département, aucun professionnel identifié', where: 'matrice' },
  15: { conflict: 'La recherche par NIR ne doit rien révéler, mais le bilan montre le code', reading: 'tout dossier a un code ; le type de ciblage n’est servi à personne', where: 'champs non servis' },
  16: { conflict: 'Étape non modifiable et droit de rectification', reading: 'étapes immuables ; une rectification remplace, l’organisme de la personne l’enregistre', where: 'base de données' },
  17: { conflict: 'Opposition : texte coupé', reading: 'possible jusqu’à la première consultation validée ; aucune liste de refus', where: 'conservation' },
  18: { conflict: 'Deux listes de finalités', reading: 'la première liste', where: 'documentation' },
} as const;

export type ConflictNumber = keyof typeof READINGS;
