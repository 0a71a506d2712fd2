/**
 * The law, entered a second time.
 *
 * Written from the sources alone (AIPD « Vaccin Covid », decree 2020-1690 as far as it could be read, DOMAIN §1.1–1.6),
 * without a look at src/. One entry per sentence, in the order of the AIPD; a test compares the outcome with the
 * project's matrix cell by cell. So this file imports nothing: an error must be made twice to pass.
 *
 * A sentence acts on the recipients `to` whom it speaks, in this order:
 *   withdraws  takes cells back                 narrows  of a category, leaves only the fields listed
 *   binds      puts granted cells under `when`  grants   adds cells under `when`          opens  an operation
 * A category stands for its fields, its transforms and the acts of the payment chain excepted: see `APART`.
 */

// biome-ignore format: one line a recipient's family
export const TRANSCRIBED_RECIPIENTS = [
  'PS', 'MEDECIN_TRAITANT', 'AGENT_AM', 'AGENT_ATTESTATION', 'DNUM', 'DMP', 'ANSM', 'SPIS',
  'SPF', 'ARS', 'DREES', 'HDH',
  'PILOTAGE', 'REMUNERATION', 'PATIENT', 'OPERATEUR', 'AUDITEUR',
] as const;

// biome-ignore format: one paragraph a category, in the order of article 2
export const TRANSCRIBED_CATEGORIES = {
  '1°': [
    'Patient.id', 'Patient.birthName', 'Patient.usageName', 'Patient.firstNames', 'Patient.sex', 'Patient.birthDate',
    'Patient.birthPlace', 'Patient.nir',
    'Patient.birthNamePrefix', 'Patient.firstNamePrefix', 'Patient.birthYear', 'Patient.ageClass', 'Patient.pseudonym',
  ],
  '2°': ['Patient.schemeCode', 'Patient.bodyCode'],
  '3°': ['Patient.postalAddress', 'Patient.phone', 'Patient.email', 'Patient.legalRepresentative',
    'Patient.department',
  ],
  '4°': ['Invitation.code', 'Invitation.sentAt', 'Invitation.channel'],
  '5°': [
    'EligibilityStep.performedAt', 'EligibilityStep.prescribedAt',
    'InjectionStep.rank', 'InjectionStep.vaccine', 'InjectionStep.lotNumber', 'InjectionStep.lotStatus', 'InjectionStep.administrationRoute',
    'InjectionStep.injectionSite', 'InjectionStep.performedAt',
    'InjectionStep.placeCategory', 'InjectionStep.placeFiness', 'InjectionStep.placeSiret',
    'Professional.rpps', 'Professional.amNumber', 'Professional.familyName', 'Professional.firstName',
    'Professional.category', 'Professional.assurance',
    'Act.kind', 'Act.performedOn',
  ],
  '6°a': ['Patient.medicalCriteriaCodes', 'Patient.treatments'],
  '6°b': ['Patient.contraindications', 'EligibilityStep.notRecommendedVaccines',
    'StepWarning.code', 'StepWarning.message', 'StepWarning.source',
  ],
  '6°c': ['Patient.adverseEffects'],
  '6°d': ['Patient.infectionDate',
    'NextStep.kind', 'NextStep.rank', 'NextStep.earliestOn', 'NextStep.latestOn', 'NextStep.source',
  ],
  '7°': ['Patient.nonMedicalCriteriaCodes'],
  '8°': ['Professional.phone', 'Professional.email', 'Professional.structureFiness'],
  certificat: ['Attestation.id', 'Attestation.issuedAt', 'Attestation.kind', 'Attestation.content',
    'Attestation.dataMatrix', 'Attestation.expiresAt', 'Attestation.revokedAt'],
} as const;

/** What is worked out from other fields when it is asked for: there is no column of it. */
export const WORKED_OUT: readonly string[] = ['StepWarning', 'NextStep'];

export type Recipient = (typeof TRANSCRIBED_RECIPIENTS)[number];
export type Category = keyof typeof TRANSCRIBED_CATEGORIES;
export type Field = (typeof TRANSCRIBED_CATEGORIES)[Category][number];

/** What a grant of a whole category never includes: the transforms, and the acts, read by the payment chain alone. */
export const APART: ReadonlySet<Field> = new Set<Field>([
  'Patient.birthNamePrefix',
  'Patient.firstNamePrefix',
  'Patient.birthYear',
  'Patient.ageClass',
  'Patient.pseudonym',
  'Patient.department',
  'Act.kind',
  'Act.performedOn',
  'StepWarning.code',
  'StepWarning.message',
  'StepWarning.source',
  'NextStep.kind',
  'NextStep.rank',
  'NextStep.earliestOn',
  'NextStep.latestOn',
  'NextStep.source',
]);

// biome-ignore format: one condition a line, with its meaning
export type Condition =
  | 'care'        // the person in care, found by invitation code or NIR
  | 'attending'   // the person has declared this attending physician
  | 'consent'     // … and has consented
  | 'ownBodies'   // insured by the agent's body, or by a body that delegates to it
  | 'openRisk'    // concerned by a new risk, declared and open
  | 'vaccinated'  // the vaccinated person only
  | 'ownRegion'   // the agency's region
  | 'nonObjector' // all but those who object to research
  | 'all'
  | 'self';

// biome-ignore format: grouped by caller
export type Operation =
  | 'myRights'
  | 'patientByInvitation' | 'patientByNir' | 'patient' | 'patients' | 'me'
  | 'myPatients' | 'unvaccinatedPatients' | 'requestUnvaccinatedList'
  | 'vaccinationSites' | 'professionals' | 'acts' | 'targetingImports' | 'targetingRejects' | 'targetingRuns' | 'traces'
  | 'accreditations' | 'bodyDelegations' | 'invitationPhases' | 'invitationRuns'
  | 'stepSummary' | 'stepSummaryPdf' | 'reportAdverseEffect'
  | 'correctInjection' | 'correctEligibility' | 'withdrawStep' | 'recordObjection' | 'recordResearchObjection' | 'supplyLevels'
  | 'indicators'
  | 'recordEligibility' | 'recordInjection' | 'issueAttestation';

type Cells = readonly (Category | Field)[];

export type Sentence = {
  readonly source: string;
  readonly says: string;
  /** Number of the conflict in DOMAIN §1.5 that this sentence settles, or of which it is a side. */
  readonly conflict?: number;
  readonly to?: Recipient | readonly Recipient[];
  readonly withdraws?: Cells;
  readonly narrows?: Partial<Record<Category, readonly Field[]>>;
  readonly opens?: readonly Operation[];
} & (
  | { readonly grants?: Cells; readonly binds?: Cells; readonly when: Condition }
  | { readonly grants?: undefined; readonly binds?: undefined; readonly when?: undefined }
);

// biome-ignore format: source and addressee first, then what is said, then the effect
export const SENTENCES: readonly Sentence[] = [
  // ── Quelles sont les données traitées ──────────────────────────────────────────────────────────────────────────────
  { source: 'AIPD, données traitées, dernier alinéa',
    says: 'Hors 2° et 8°, aucune donnée ne doit trahir, même indirectement, qu’une personne est militaire.' },

  // ── Sont destinataires des données ─────────────────────────────────────────────────────────────────────────────────
  { source: 'AIPD, destinataires, 1° ; décret 2020-1690, art. 3, I, 1°', to: 'PS', when: 'care',
    says: 'Qui consulte ou vaccine, ou agit sous sa responsabilité, reçoit tout l’article 2 sauf le a du 6°.',
    grants: ['1°', '2°', '3°', '4°', '5°', '6°b', '6°c', '6°d', '7°', '8°'] },
  { source: 'Décret 2021-1670 ; décret 2020-1690, art. 3, I, 1°', to: 'PS', when: 'care',
    says: 'Les mêmes professionnels délivrent le certificat de vaccination.',
    grants: ['certificat'] },

  { source: 'Décret 2020-1690, art. 3, I, 1° (consolidé)', to: 'PS', when: 'care',
    says: 'Eux, et eux seuls, repèrent et rappellent qui attend une nouvelle dose.',
    grants: ['NextStep.kind', 'NextStep.rank', 'NextStep.earliestOn', 'NextStep.latestOn', 'NextStep.source'] },

  { source: 'AIPD, destinataires, 2°', to: 'MEDECIN_TRAITANT', when: 'attending',
    says: 'Le médecin traitant de la personne reçoit les 1°, 5°, 6° et 8°.',
    grants: ['1°', '5°', '6°a', '6°b', '6°c', '6°d', '8°'],
    opens: ['patient', 'myPatients'] },
  { source: 'AIPD, destinataires, 2° ; décret 2020-1690, art. 3, I, 2°', to: 'MEDECIN_TRAITANT',
    when: 'consent', conflict: 1,
    says: 'Les numéros visent le 6°, l’énumération qui suit l’omet : le 6° n’est lu qu’avec le consentement.',
    binds: ['6°a', '6°b', '6°c', '6°d'] },
  { source: 'Décret 2020-1690, art. 3, I, 2°', to: 'MEDECIN_TRAITANT', when: 'consent', conflict: 2,
    says: 'L’AIPD tait le consentement, le décret l’exige pour les 5°, 6° et 8° : faute de consentement, refus.',
    binds: ['5°', '8°'] },
  { source: 'Décret 2021-930 ; décret 2020-1690, art. 3, I, 2°', to: 'MEDECIN_TRAITANT',
    says: 'Il obtient à sa demande la liste de ses patients non vaccinés, ouverte un mois.',
    opens: ['unvaccinatedPatients', 'requestUnvaccinatedList'] },

  { source: 'AIPD, destinataires, 3° ; décret 2020-1690, art. 3, I, 3°', to: 'AGENT_AM', when: 'ownBodies',
    says: 'Pour leurs ressortissants, les agents habilités nommément des régimes reçoivent tout, sauf le 6°.',
    grants: ['1°', '2°', '3°', '4°', '5°', '7°', '8°'],
    opens: ['patientByNir', 'patient'] },

  { source: 'AIPD, destinataires, 4° ; décret 2020-1690, art. 3, I, 4°', to: 'DNUM', when: 'openRisk',
    says: 'La direction du numérique, tiers de confiance, reçoit les 1° et 5° en cas de risque nouveau.',
    grants: ['1°', '5°'],
    opens: ['patients'] },
  { source: 'AIPD, destinataires, 4°', to: 'DNUM', conflict: 8,
    says: 'Informer chacun suppose des coordonnées, mais le 3° n’est pas donné : la Cnam garde la prise de contact.' },

  { source: 'AIPD, destinataires, 5°', to: 'DMP', when: 'vaccinated',
    says: 'La Cnam reçoit les 1°, 4°, 5°, 6° et 7° pour les verser au dossier médical de la personne vaccinée.',
    grants: ['1°', '4°', '5°', '6°a', '6°b', '6°c', '6°d', '7°'],
    opens: ['patients'] },
  { source: 'AIPD, destinataires, 5°', to: 'DMP', conflict: 3,
    says: 'L’énumération omet le 6° : versement fermé par défaut. Le 8° manque : seule l’identité du 5° est versée.',
    withdraws: ['6°a', '6°b', '6°c', '6°d'] },

  { source: 'AIPD, destinataires, 6°', to: 'ANSM', when: 'vaccinated',
    says: 'L’ANSM et les centres régionaux : trois lettres du nom et du prénom, naissance, sexe, 5°, 6° et 7°.',
    grants: ['Patient.birthNamePrefix', 'Patient.firstNamePrefix', 'Patient.birthDate', 'Patient.sex',
      '5°', '6°a', '6°b', '6°c', '6°d', '7°'],
    opens: ['patients'] },
  { source: 'AIPD, destinataires, 6°', to: 'ANSM', conflict: 4,
    says: 'L’énumération omet le 6°, les numéros le visent : maintenu, car la mission vit des effets indésirables.' },

  { source: 'AIPD, destinataires, 7°', to: 'SPIS', when: 'all',
    says: 'Le service public d’information en santé reçoit les 5° et 8° utiles à la diffusion de l’offre.',
    grants: ['5°', '8°'],
    opens: ['vaccinationSites', 'professionals'] },
  { source: 'AIPD, destinataires, 7°', to: 'SPIS', conflict: 6,
    says: 'Du 5°, rien qui tienne à une personne vaccinée : il reste l’offre, donc l’identité des professionnels.',
    narrows: {
      '5°': ['Professional.rpps', 'Professional.familyName', 'Professional.firstName', 'Professional.category'] } },

  // ── Sont destinataires de données pseudonymisées ───────────────────────────────────────────────────────────────────
  { source: 'AIPD, destinataires pseudonymisés, 1°', to: 'SPF', when: 'all',
    says: 'Santé publique France suit la couverture et l’efficacité : qui (pseudonyme), quelle dose, quand.',
    grants: ['Patient.pseudonym', 'Patient.sex', 'InjectionStep.rank', 'InjectionStep.performedAt'],
    opens: ['patients'] },
  { source: 'AIPD, destinataires pseudonymisés, 2°', to: 'ARS', when: 'ownRegion',
    says: 'Les ARS reçoivent, pour leur région, de quoi organiser et suivre la campagne ; lu au plus étroit.',
    grants: ['Patient.pseudonym', 'Patient.sex', 'Patient.ageClass', 'Patient.nonMedicalCriteriaCodes',
      'InjectionStep.rank', 'InjectionStep.vaccine', 'InjectionStep.performedAt', 'InjectionStep.placeCategory',
      'Professional.category'],
    opens: ['patients'] },
  { source: 'AIPD, destinataires pseudonymisés, 3°', to: 'DREES', when: 'all',
    says: 'La DREES reçoit ce que demande sa mission statistique ; aucune liste de champs, lu au plus étroit.',
    grants: ['Patient.pseudonym', 'Patient.sex', 'Patient.ageClass', 'Patient.nonMedicalCriteriaCodes',
      'InjectionStep.rank', 'InjectionStep.vaccine', 'InjectionStep.performedAt', 'InjectionStep.placeCategory',
      'Professional.category'],
    opens: ['patients'] },
  { source: 'AIPD, destinataires pseudonymisés, 4°', to: 'HDH', when: 'all',
    says: 'La plateforme des données de santé et la Cnam, pour l’urgence et la recherche ; lu au plus étroit.',
    grants: ['Patient.pseudonym', 'Patient.sex', 'Patient.ageClass', 'Patient.nonMedicalCriteriaCodes',
      'InjectionStep.rank', 'InjectionStep.vaccine', 'InjectionStep.performedAt', 'InjectionStep.placeCategory',
      'Professional.category'],
    opens: ['patients'] },

  // ── Les personnes accédant au SI ───────────────────────────────────────────────────────────────────────────────────
  { source: 'AIPD, personnes accédant au SI', to: 'AGENT_AM', conflict: 9,
    says: 'Les agents n’ont pas vocation à voir l’identifiant : accès de gestion des droits, sans le certificat.' },
  { source: 'AIPD, personnes accédant au SI', to: 'AGENT_ATTESTATION', when: 'ownBodies', conflict: 9,
    says: 'Certains agents, habilités, délivrent l’attestation à qui n’a pas d’équipement : un rôle à part.',
    grants: ['1°', '5°', 'certificat'],
    opens: ['patientByNir', 'patient', 'issueAttestation'] },
  { source: 'AIPD, personnes accédant au SI', to: 'OPERATEUR',
    says: 'Les administrateurs œuvrent sur la base chiffrée ; déchiffrer un cas veut une autorisation spéciale.' },
  { source: 'AIPD, personnes accédant au SI', to: 'PILOTAGE',
    says: 'Un profil de pilotage ne voit qu’une copie dé-identifiée.' },

  // ── Cycle de vie, 1 et 2 : ciblage, invitation, téléservice ────────────────────────────────────────────────────────
  { source: 'AIPD, cycle de vie, 1, c', to: 'OPERATEUR',
    says: 'Les fichiers de ciblage sont injectés par lot, lancé à la main ; les rejets sont mis de côté.',
    opens: ['targetingImports', 'targetingRejects'] },
  { source: 'AIPD M1.58', to: 'OPERATEUR',
    says: 'Chaque traitement par lots laisse une trace : volumétrie, fréquence, erreurs.',
    opens: ['targetingRuns'] },
  { source: 'AIPD, cycle de vie, 2, a', conflict: 16,
    says: 'Une étape validée ne se modifie plus : aucune opération de modification n’existe, pour personne.' },
  { source: 'AIPD, cycle de vie, 2, c', to: 'PS',
    says: 'Le professionnel cherche par le code de l’invitation ou, à défaut, par le NIR ; jamais par liste.',
    opens: ['patientByInvitation', 'patientByNir'] },
  { source: 'AIPD, cycle de vie, 2, d', to: 'PS',
    says: 'Il enregistre la consultation préalable ; un refus de vaccination ne s’enregistre pas.',
    opens: ['recordEligibility'] },
  { source: 'AIPD, cycle de vie, 2, e', to: 'PS',
    says: 'Il enregistre chaque injection : vaccin, lot, voie, zone, date, lieu.',
    opens: ['recordInjection'] },
  { source: 'AIPD, cycle de vie, 2, d', to: 'PS', when: 'care',
    says: 'Ce que la consultation déconseille alerte celui qui vaccine ; le reste des alertes suit la même voie.',
    grants: ['StepWarning.code', 'StepWarning.message', 'StepWarning.source'] },
  { source: 'AIPD, cycle de vie, 2, d et e', to: 'PS',
    says: 'Après chaque étape, un bilan récapitule les saisies et se télécharge en PDF.',
    opens: ['stepSummary', 'stepSummaryPdf'] },
  { source: 'AIPD, cycle de vie, 2, e (P-SIG)', to: 'PS',
    says: 'Un lien conduit le vaccinateur au portail de l’ANSM, avec un contexte réduit.',
    opens: ['reportAdverseEffect'] },
  { source: 'AIPD, cycle de vie, 2, e (P-SIG)', to: 'ANSM', conflict: 5,
    says: 'Le renvoi vers P-SIG coupe autrement (3 + 1 lettres) et cite le 8° : l’API s’en tient à 3 + 3, sans 8°.' },
  { source: 'AIPD, cycle de vie, f', to: 'PS',
    says: 'L’attestation est remise à la personne après chaque injection.',
    opens: ['issueAttestation'] },

  // ── Cycle de vie, 3 à 5 : paiement, pilotage, usages par des destinataires ─────────────────────────────────────────
  { source: 'AIPD, cycle de vie, 3', to: 'REMUNERATION', when: 'all',
    says: 'La chaîne de paiement reçoit de quoi rémunérer l’acte, et rien de la vaccination elle-même.',
    grants: ['Act.kind', 'Act.performedOn', 'Professional.rpps', 'Professional.amNumber'],
    opens: ['acts'] },
  { source: 'AIPD, cycle de vie, 4', to: 'PILOTAGE',
    says: 'Le pilotage lit des agrégats d’une base dé-identifiée : aucun champ d’aucune personne.' },
  { source: 'AIPD, cycle de vie, 4', to: 'PILOTAGE',
    says: 'De cette base, des requêtes d’agrégation donnent des indicateurs de pilotage, à l’écran et en fichier.',
    opens: ['indicators'] },
  { source: 'AIPD, destinataires pseudonymisés, 2°', to: 'ARS',
    says: 'Ce qui est nécessaire pour organiser et suivre la campagne dans la région : ses chiffres, et eux seuls.',
    opens: ['indicators'] },
  { source: 'AIPD, cycle de vie, 5, a', conflict: 14,
    says: 'L’export de couverture n’a pas de destinataire et nomme les professionnels : nul ne le reçoit.' },
  { source: 'AIPD, cycle de vie, 5, b', to: 'SPF', when: 'all',
    says: 'Vers SPF : naissance, ciblage codé, vaccin non préconisé, injection, catégorie du professionnel.',
    grants: ['Patient.birthDate', 'EligibilityStep.performedAt', 'EligibilityStep.notRecommendedVaccines',
      'Patient.medicalCriteriaCodes', 'Patient.nonMedicalCriteriaCodes',
      'InjectionStep.vaccine', 'InjectionStep.lotNumber', 'InjectionStep.administrationRoute',
      'InjectionStep.injectionSite', 'InjectionStep.placeCategory', 'InjectionStep.placeFiness',
      'InjectionStep.placeSiret', 'Professional.category', 'Professional.structureFiness'] },
  { source: 'AIPD, cycle de vie, 5, b', to: 'SPF', when: 'all', conflict: 14,
    says: 'Naissance et commune entières ré-identifient : classe d’âge et département ; sans lieu d’exercice (8°).',
    withdraws: ['Patient.birthDate', '8°'],
    grants: ['Patient.ageClass', 'Patient.department'] },
  { source: 'AIPD, cycle de vie, 5, b', to: 'SPF',
    says: 'L’efficacité part de l’injection, non de la date d’éligibilité. Le « top invitation » n’est pas un 4°.',
    withdraws: ['EligibilityStep.performedAt'] },
  { source: 'AIPD, cycle de vie, 5, c', to: 'HDH',
    says: 'L’alimentation du SNDS et de la plateforme reste à décrire : rien de plus n’est donné.' },
  { source: 'AIPD, cycle de vie, 5, d', to: 'DNUM', conflict: 7,
    says: 'La base entière serait versée au séquestre : verser n’est pas lire, la durée de conservation resserre.' },

  // ── Finalités, 2° ──────────────────────────────────────────────────────────────────────────────────────────────────
  { source: 'AIPD, finalités, 2° ; AIPD, cycle de vie, 1, c', to: 'OPERATEUR',
    says: 'L’approvisionnement des lieux est suivi ; nul destinataire n’est nommé : l’opérateur des lots, et lui seul.',
    opens: ['supplyLevels'] },

  // ── Principes fondamentaux : finalités, minimisation, conservation ─────────────────────────────────────────────────
  { source: 'AIPD, vue d’ensemble ; AIPD, finalités', conflict: 18,
    says: 'De deux listes de finalités, la première (sept points) vaut ; le contrôle n’a aucun destinataire.' },
  { source: 'AIPD, minimisation ; AIPD M2.42', to: 'PS', conflict: 12,
    says: 'Le critère d’éligibilité peut révéler une maladie : le professionnel n’y a pas accès, malgré le décret.',
    withdraws: ['7°'] },
  { source: 'AIPD, minimisation', to: 'PS', conflict: 13,
    says: '« Traitements en cours » relève du a du 6°, exclu : seul ce qui fut saisi au b du 6° est montré.' },
  { source: 'AIPD, durée de conservation (séquestre)', to: 'DNUM', conflict: 7,
    says: 'Trente ans, un socle : identité avec NIR, vaccin, lot, dates des injections (que le rang ordonne).',
    narrows: {
      '5°': ['InjectionStep.rank', 'InjectionStep.vaccine', 'InjectionStep.lotNumber', 'InjectionStep.performedAt'] } },

  // ── Mesures protectrices des droits ────────────────────────────────────────────────────────────────────────────────
  { source: 'AIPD, information des personnes', to: TRANSCRIBED_RECIPIENTS,
    says: 'Le décret est publié : chacun peut demander ce qu’il lui donne.',
    opens: ['myRights'] },
  { source: 'AIPD, droit d’accès', to: 'PATIENT', when: 'self',
    says: 'La personne accède à tout ce que le traitement contient sur elle, et à son certificat.',
    grants: ['1°', '2°', '3°', '4°', '5°', '6°a', '6°b', '6°c', '6°d', '7°', '8°', 'certificat'],
    opens: ['me'] },
  { source: 'AIPD, droit de rectification', conflict: 16,
    says: 'La rectification passe par la caisse et s’ajoute à l’étape, qu’elle remplace sans l’effacer.' },
  { source: 'AIPD, droit de rectification (RGPD, art. 16)', to: 'AGENT_AM', conflict: 16,
    says: 'Elle se demande au directeur de l’organisme de rattachement : son agent, habilité nommément, l’enregistre.',
    opens: ['correctInjection', 'correctEligibility', 'withdrawStep'] },
  { source: 'Décret 2020-1690, art. 5 ; AIPD, droit d’opposition', to: ['AGENT_AM', 'PATIENT'], conflict: 17,
    says: 'Avant l’entrée dans le parcours, on s’oppose auprès de l’organisme ou sur son propre compte : suppression.',
    opens: ['recordObjection'] },
  { source: 'AIPD, droit d’opposition, dernier alinéa', to: ['AGENT_AM', 'PATIENT'],
    says: 'Par les mêmes voies, à tout moment, on s’oppose à la transmission pour la recherche.',
    opens: ['recordResearchObjection'] },
  { source: 'AIPD, droit d’opposition', conflict: 17,
    says: 'Texte coupé : on s’oppose jusqu’à la première consultation validée ; effacement, sans liste des refus.' },
  { source: 'AIPD, droit d’opposition', to: 'HDH', when: 'nonObjector',
    says: 'À tout moment, chacun peut s’opposer à la transmission pour la recherche.',
    binds: ['Patient.pseudonym', 'Patient.sex', 'Patient.ageClass', 'Patient.nonMedicalCriteriaCodes',
      'InjectionStep.rank', 'InjectionStep.vaccine', 'InjectionStep.performedAt', 'InjectionStep.placeCategory',
      'Professional.category'] },

  // ── Mesures M1 et M2 ───────────────────────────────────────────────────────────────────────────────────────────────
  { source: 'AIPD M1.32 ; AIPD, données traitées, dernier alinéa', to: 'PS',
    says: 'L’adresse des assurés de la CNMSS n’est pas chargée ; son absence les trahirait : nul 3° au professionnel.',
    withdraws: ['3°'] },
  { source: 'AIPD M1.33', to: 'PS', conflict: 11,
    says: 'Le régime n’est pas affiché aux professionnels, bien que le décret le leur donne.',
    withdraws: ['2°'] },
  { source: 'AIPD M1.50', to: 'PS', conflict: 15,
    says: 'Chercher par NIR n’apprend rien du ciblage : le dossier a un code, mais ni date ni canal d’envoi.',
    narrows: { '4°': ['Invitation.code'] } },
  { source: 'AIPD M1.81 ; AIPD M1.82', to: 'AGENT_ATTESTATION', conflict: 9,
    says: 'L’attestation se fait d’un jeu de données fermé : nom, prénoms, naissance, vaccin, dose, date.',
    narrows: {
      '1°': ['Patient.id', 'Patient.birthName', 'Patient.usageName', 'Patient.firstNames', 'Patient.birthDate'],
      '5°': ['InjectionStep.rank', 'InjectionStep.vaccine', 'InjectionStep.performedAt'] } },
  { source: 'AIPD M1.94', to: ['AGENT_AM', 'AGENT_ATTESTATION'], conflict: 10,
    says: '« Leurs ressortissants » : les assurés de la caisse, et des caisses qui lui délèguent (TRAM).' },
  { source: 'AIPD M1.97 ; AIPD M1.101', to: 'PATIENT',
    says: 'Un téléservice, bridé par adresse IP et par l’accord des identités, donne à la personne son attestation.',
    opens: ['issueAttestation'] },
  { source: 'AIPD M1.12 ; AIPD M1.102', to: 'AUDITEUR',
    says: 'Les accès sont tracés ; seuls ceux qui doivent en connaître lisent les traces, et rien d’autre.',
    opens: ['traces'] },
  { source: 'AIPD, cycle de vie, 1, d ; AIPD M1.51', to: 'OPERATEUR',
    says: 'Les émissions sont régulées par un batch selon la phase en cours ; son exploitant voit les phases, et n’envoie rien à la main.',
    opens: ['invitationPhases'] },
  { source: 'AIPD M1.58', to: 'OPERATEUR',
    says: 'Chaque batch laisse sa volumétrie, sa fréquence et ses erreurs : la planification et l’envoi comme l’import.',
    opens: ['invitationRuns'] },
  { source: 'AIPD M2.33', to: 'OPERATEUR',
    says: 'Les habilitations des agents, et ce que les organismes se délèguent, sont revus selon un processus documenté.',
    opens: ['accreditations', 'bodyDelegations'] },
  { source: 'AIPD M2.41 ; AIPD, minimisation', to: 'SPF',
    says: 'Les données de santé qui ont servi au ciblage ne sont pas en base : restent les codes non médicaux.',
    withdraws: ['6°a'] },
];

/** Everybody outside: no recipient, and no token. */
export type Holder = Recipient | 'OPEN_DATA';

/**
 * Tables of figures, by what tells the persons in them apart. The steering copy is read whole by the steering (AIPD,
 * cycle de vie, 4). Purpose 4° lets figures be used again by everybody; de-identified (M1.20), they then never give two of
 * département, age and sex at once. An agency has those of its region: what is told by département, on the same terms.
 */
// biome-ignore format: one entry for those who have the same tables
export const TRANSCRIBED_TABLES: readonly { readonly to: readonly Holder[]; readonly tables: readonly string[] }[] = [
  { to: ['PILOTAGE'], tables: ['doses-by-department-and-age'] },
  { to: ['PILOTAGE', 'OPEN_DATA', 'ARS'], tables: [
    'doses-by-department', 'doses-by-department-and-rank', 'doses-by-department-and-stage',
    'doses-by-department-and-vaccine', 'eligible-by-department', 'invited-by-department', 'stock-by-department',
    'targeted-by-department', 'targeted-by-department-and-phase', 'targeted-by-department-and-type'] },
  { to: ['PILOTAGE', 'OPEN_DATA'], tables: [
    'doses', 'doses-by-age', 'doses-by-age-and-rank', 'doses-by-age-and-stage', 'doses-by-place', 'doses-by-rank',
    'doses-by-sex', 'doses-by-sex-and-rank', 'doses-by-stage', 'doses-by-vaccine', 'doses-by-vaccine-and-rank',
    'doses-by-vaccine-and-stage', 'eligible', 'eligible-by-age', 'invited', 'invited-by-channel', 'invited-by-phase',
    'stock', 'targeted', 'targeted-by-phase', 'targeted-by-type'] },
];

/** The fields that `recipient` may finally read, each under its condition, once every sentence has spoken. */
export function transcribedFields(recipient: Recipient): Map<Field, Condition> {
  return sentencesTo(recipient).reduce(apply, new Map<Field, Condition>());
}

/** The operations that `recipient` may call. */
export function transcribedOperations(recipient: Recipient): Set<Operation> {
  return new Set(sentencesTo(recipient).flatMap((sentence) => sentence.opens ?? []));
}

function sentencesTo(recipient: Recipient): Sentence[] {
  return SENTENCES.filter(({ to }) => to !== undefined && [to].flat().includes(recipient));
}

function apply(before: ReadonlyMap<Field, Condition>, sentence: Sentence): Map<Field, Condition> {
  const after = new Map(before);
  for (const cell of sentence.withdraws ?? []) remove(after, everyFieldOf(cell), sentence);
  for (const [category, kept] of narrowings(sentence)) {
    const absent = kept.find((field) => !after.has(field));
    if (absent) throw new Error(`${sentence.source}: narrows to ${absent}, which was never granted`);
    const dropped = everyFieldOf(category).filter((field) => !kept.includes(field));
    remove(after, dropped, sentence);
  }
  if (sentence.when === undefined) return after;
  for (const field of (sentence.binds ?? []).flatMap(fieldsOf)) {
    if (!after.has(field)) throw new Error(`${sentence.source}: binds ${field}, which was never granted`);
    after.set(field, sentence.when);
  }
  for (const field of (sentence.grants ?? []).flatMap(fieldsOf)) after.set(field, sentence.when);
  return after;
}

/** A restriction that takes nothing back is a misreading: better to stop than to compare. */
function remove(from: Map<Field, Condition>, fields: readonly Field[], { source }: Sentence): void {
  const removed = fields.filter((field) => from.delete(field));
  if (removed.length === 0) throw new Error(`${source}: takes back ${fields.join(', ')}, which was never granted`);
}

function narrowings({ narrows = {} }: Sentence): [Category, readonly Field[]][] {
  return Object.entries(narrows) as [Category, readonly Field[]][];
}

/** What a grant of this cell gives: a category without what stands apart, or the one field named. */
function fieldsOf(cell: Category | Field): readonly Field[] {
  return isCategory(cell) ? everyFieldOf(cell).filter((field) => !APART.has(field)) : [cell];
}

function everyFieldOf(cell: Category | Field): readonly Field[] {
  return isCategory(cell) ? TRANSCRIBED_CATEGORIES[cell] : [cell];
}

function isCategory(cell: Category | Field): cell is Category {
  return cell in TRANSCRIBED_CATEGORIES;
}
