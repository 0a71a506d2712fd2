interface ErrorRule {
  /** HTTP status when the error is the whole answer. */
  readonly status: number;
  readonly fr: string;
  readonly en: string;
}

/** Every error that leaves this service: a stable code and one sentence in each language, never a value. */
export const ERRORS = {
  FORBIDDEN_FIELD: {
    status: 403,
    fr: 'Ce champ n’est pas accordé à ce destinataire.',
    en: 'This field is not granted to this recipient.',
  },
  FORBIDDEN_OPERATION: {
    status: 403,
    fr: 'Cette opération n’est pas accordée à ce destinataire.',
    en: 'This operation is not granted to this recipient.',
  },
  UNKNOWN_FIELD: { status: 400, fr: 'Ce champ n’existe pas.', en: 'This field does not exist.' },
  INVALID_DOCUMENT: {
    status: 400,
    fr: 'Le document GraphQL n’est pas valide.',
    en: 'The GraphQL document is not valid.',
  },
  INVALID_VARIABLES: {
    status: 400,
    fr: 'Une variable ou un argument n’a pas la forme attendue.',
    en: 'A variable or an argument has not the expected form.',
  },
  INVALID_INPUT: { status: 400, fr: 'Une donnée fournie n’est pas valide.', en: 'A given value is not valid.' },
  DOCUMENT_TOO_COMPLEX: {
    status: 400,
    fr: 'Le document dépasse une limite (profondeur, alias, champs ou taille).',
    en: 'The document exceeds a limit (depth, aliases, fields or size).',
  },
  PAGE_TOO_LARGE: { status: 400, fr: 'La page demandée est trop grande.', en: 'The requested page is too large.' },
  INVALID_CURSOR: {
    status: 400,
    fr: 'Le curseur n’est pas valable pour cette requête.',
    en: 'The cursor is not valid for this query.',
  },
  INVALID_REQUEST: {
    status: 400,
    fr: 'La requête HTTP n’est pas une requête GraphQL.',
    en: 'The HTTP request is not a GraphQL request.',
  },
  UNAUTHENTICATED: {
    status: 401,
    fr: 'Jeton absent, expiré ou non valable.',
    en: 'Missing, expired or invalid token.',
  },
  INVALID_GRANT: {
    status: 400,
    fr: 'La preuve présentée n’est pas acceptée.',
    en: 'The proof presented is not accepted.',
  },
  PRACTICE_REQUIRED: {
    status: 400,
    fr: 'Plusieurs exercices : choisissez-en un (paramètre « practice »).',
    en: 'Several practices: choose one with the parameter practice.',
  },
  NOT_FOUND: {
    status: 404,
    fr: 'Rien de tel dans le périmètre de l’appelant.',
    en: 'Nothing such within the caller’s perimeter.',
  },
  SUSPENDED: {
    status: 403,
    fr: 'L’accès est suspendu ; un opérateur peut lever la suspension.',
    en: 'Access is suspended; an operator may lift the suspension.',
  },
  RATE_LIMITED: {
    status: 429,
    fr: 'Trop de demandes ; réessayer après le délai indiqué.',
    en: 'Too many requests; retry after the delay given.',
  },
  METHOD_NOT_ALLOWED: { status: 405, fr: 'Seule la méthode POST est admise.', en: 'Only the POST method is allowed.' },
  BODY_TOO_LARGE: { status: 413, fr: 'Le corps de la requête est trop grand.', en: 'The request body is too large.' },
  UNSUPPORTED_MEDIA_TYPE: {
    status: 415,
    fr: 'Seul application/json en UTF-8 est admis.',
    en: 'Only application/json in UTF-8 is allowed.',
  },
  NOT_ACCEPTABLE: {
    status: 406,
    fr: 'La réponse n’est donnée qu’en JSON.',
    en: 'The answer is given in JSON only.',
  },
  REQUEST_TIMEOUT: {
    status: 408,
    fr: 'La requête n’est pas arrivée entière à temps.',
    en: 'The request did not arrive whole in time.',
  },
  HEADERS_TOO_LARGE: {
    status: 431,
    fr: 'Les en-têtes de la requête sont trop nombreux ou trop longs.',
    en: 'The request headers are too many or too long.',
  },
  UNTRUSTED_DOCUMENT: {
    status: 403,
    fr: 'Seul un document du manifeste signé est admis ici.',
    en: 'Only a document of the signed manifest is allowed here.',
  },
  INTROSPECTION_OFF: {
    status: 403,
    fr: 'L’introspection est fermée ; les schémas des vues sont publiés.',
    en: 'Introspection is closed; the schemas of the views are published.',
  },
  DECLARATION_REQUIRED: {
    status: 422,
    fr: 'Les deux déclarations sont obligatoires.',
    en: 'Both declarations are compulsory.',
  },
  STEP_OUT_OF_ORDER: {
    status: 409,
    fr: 'Cette étape ne peut pas être enregistrée maintenant.',
    en: 'This step cannot be recorded now.',
  },
  STEP_ALREADY_RECORDED: {
    status: 409,
    fr: 'Cette étape est déjà enregistrée et ne peut être modifiée.',
    en: 'This step is already recorded and cannot be changed.',
  },
  DOSSIER_CLOSED: {
    status: 409,
    fr: 'La dernière étape a clos le dossier ; aucune dose n’est encore due à cette date.',
    en: 'The last step closed the record; no dose is due yet on that date.',
  },
  VACCINE_NOT_AUTHORISED: {
    status: 422,
    fr: 'Ce vaccin n’était pas encore autorisé à cette date.',
    en: 'This vaccine was not yet authorised on that date.',
  },
  IDEMPOTENCY_MISMATCH: {
    status: 409,
    fr: 'Cette clé d’idempotence a servi pour une autre demande.',
    en: 'This idempotency key was used for another request.',
  },
  ACCREDITATION_SUSPENDED: {
    status: 403,
    fr: 'L’habilitation de l’agent n’est pas en vigueur : révoquée, expirée, ou non revue à temps.',
    en: 'The agent’s accreditation is not in force: revoked, expired, or not reviewed in time.',
  },
  ALREADY_ACCREDITED: {
    status: 409,
    fr: 'Cet agent a déjà une habilitation ; elle doit d’abord être révoquée.',
    en: 'This agent already has an accreditation; it must be revoked first.',
  },
  LIST_NOT_REQUESTED: {
    status: 409,
    fr: 'La liste n’a pas été demandée depuis moins d’un mois.',
    en: 'The list has not been requested within the last month.',
  },
  STEP_NOT_FOUND: {
    status: 404,
    fr: 'Cette étape n’est pas enregistrée dans le dossier.',
    en: 'This step is not recorded for this person.',
  },
  NOTHING_TO_CORRECT: {
    status: 409,
    fr: 'La rectification ne change rien à l’étape enregistrée.',
    en: 'The correction changes nothing of the recorded step.',
  },
  OBJECTION_AFTER_ENTRY: {
    status: 409,
    fr: 'L’opposition n’est plus possible : la personne est entrée dans le parcours vaccinal.',
    en: 'Objection is no longer possible: the person has entered the vaccination pathway.',
  },
  NOT_VACCINATED: { status: 409, fr: 'Aucune injection n’est enregistrée.', en: 'No injection is recorded.' },
  FILE_UNREADABLE: { status: 404, fr: 'Le fichier ne peut pas être lu.', en: 'The file cannot be read.' },
  FILE_FORMAT: {
    status: 422,
    fr: 'La première ligne du fichier n’est pas l’en-tête attendu.',
    en: 'The first line of the file is not the expected header.',
  },
  INTEGRITY_MISSING: {
    status: 422,
    fr: 'L’empreinte SHA-256 du fichier manque ou n’est pas lisible (fichier .sha256 à côté).',
    en: 'The SHA-256 of the file is missing or unreadable (.sha256 file beside it).',
  },
  INTEGRITY_MISMATCH: {
    status: 422,
    fr: 'Le fichier ne correspond pas à son empreinte SHA-256 ; il n’est pas importé.',
    en: 'The file does not match its SHA-256; it is not imported.',
  },
  IMPORT_RUNNING: {
    status: 409,
    fr: 'Ce fichier est en cours d’import par un autre processus.',
    en: 'This file is being imported by another process.',
  },
  FILE_ENCODING: {
    status: 422,
    fr: 'Le fichier n’est pas en UTF-8 ; il n’est pas importé.',
    en: 'The file is not in UTF-8; it is not imported.',
  },
  FILE_LINE_ENDINGS: {
    status: 422,
    fr: 'Les lignes du fichier ne finissent ni par LF ni par CRLF ; il n’est pas importé.',
    en: 'The lines of the file end neither with LF nor with CRLF; it is not imported.',
  },
  FILE_ENCRYPTION: {
    status: 422,
    fr: 'Le fichier chiffré ne s’ouvre pas : autre clé, autre algorithme qu’AES-256, ou contenu altéré.',
    en: 'The encrypted file cannot be opened: another key, another algorithm than AES-256, or altered content.',
  },
  DECRYPTION_KEY_MISSING: {
    status: 422,
    fr: 'Le fichier est chiffré et aucune clé de déchiffrement utilisable n’est configurée.',
    en: 'The file is encrypted and no usable decryption key is configured.',
  },
  SIGNATURE_MISSING: {
    status: 422,
    fr: 'Une signature est exigée et manque à côté du fichier (.sig ou .asc).',
    en: 'A signature is required and missing beside the file (.sig or .asc).',
  },
  SIGNATURE_INVALID: {
    status: 422,
    fr: 'La signature du fichier n’est celle d’aucun émetteur connu ; il n’est pas importé.',
    en: 'The signature of the file is that of no known sender; it is not imported.',
  },
  ROLLBACK_RUNNING: {
    status: 409,
    fr: 'Un import est en cours de retrait ; terminez d’abord ce retrait.',
    en: 'An import is being taken back; finish that first.',
  },
  IMPORT_ROLLED_BACK: {
    status: 409,
    fr: 'Cet import a été retiré.',
    en: 'This import has been taken back.',
  },
  IMPORT_IN_PATHWAY: {
    status: 409,
    fr: 'Une personne de cet import est entrée dans le parcours vaccinal ; il ne peut plus être retiré.',
    en: 'A person of this import has entered the vaccination pathway; it can no longer be taken back.',
  },
  IMPORT_BUILT_UPON: {
    status: 409,
    fr: 'Un autre import porte sur des personnes de celui-ci ; retirez-le d’abord.',
    en: 'Another import concerns persons of this one; take that one back first.',
  },
  IMPORT_UNTRACKED: {
    status: 409,
    fr: 'Cet import date d’avant le suivi qui permettrait de le retirer.',
    en: 'This import was made before the record that would allow it to be taken back.',
  },
  SERIES_COLUMN: {
    status: 422,
    fr: 'Une colonne attendue manque à un fichier de la campagne.',
    en: 'An expected column is missing in a file of the campaign.',
  },
  SERIES_VALUE: {
    status: 422,
    fr: 'Un fichier de la campagne a une valeur absente ou illisible.',
    en: 'A file of the campaign has a missing or unreadable value.',
  },
  REPLAY_IN_PRODUCTION: {
    status: 403,
    fr: 'Un registre de production ne reçoit aucune personne fictive.',
    en: 'A production register takes in no fictitious person.',
  },
  REPLAY_REGISTER_IN_USE: {
    status: 409,
    fr: 'Le registre contient des personnes que le rejeu n’a pas faites.',
    en: 'The register holds persons that the replay did not make.',
  },
  REPLAY_OTHER: {
    status: 409,
    fr: 'Le registre contient un autre rejeu : autres fichiers, échelle, période ou graine, ou autre version du programme.',
    en: 'The register holds another replay: other files, scale, period or seed, or another version of the program.',
  },
  REPLAY_RUNNING: {
    status: 409,
    fr: 'Un rejeu est déjà en cours dans ce registre.',
    en: 'A replay is already running in this register.',
  },
  REPLAY_PERSON_MISSING: {
    status: 409,
    fr: 'Une personne du rejeu n’est plus dans le registre ; les étapes de son lot ne sont pas écrites.',
    en: 'A person of the replay is no longer in the register; the steps of its part are not written.',
  },
  REPLAY_DIFFERS: {
    status: 409,
    fr: 'Les comptes du registre ne sont pas ceux du rejeu.',
    en: 'The register’s counts are not those of the replay.',
  },
  CAMPAIGN_DECLARATION: {
    status: 422,
    fr: 'La déclaration des phases ou des capacités est incomplète ou contradictoire.',
    en: 'The declaration of phases or capacities is incomplete or contradictory.',
  },
  PLANNING_RUNNING: {
    status: 409,
    fr: 'Une planification des invitations est en cours.',
    en: 'A planning of invitations is running.',
  },
  DELIVERY_REPORT: {
    status: 401,
    fr: 'Le compte rendu de remise n’est pas signé par une passerelle déclarée, est trop ancien ou a déjà servi.',
    en: 'The delivery report is not signed by a declared gateway, is too old, or was used before.',
  },
  INVALID_CLIENT: {
    status: 401,
    fr: 'Le client OAuth est inconnu ou sa preuve n’est pas acceptée.',
    en: 'The OAuth client is unknown or its proof is not accepted.',
  },
  INVALID_TOKEN_REQUEST: {
    status: 400,
    fr: 'La demande de jeton est incomplète ou donne un paramètre deux fois.',
    en: 'The token request is incomplete or gives a parameter twice.',
  },
  INVALID_SCOPE: {
    status: 400,
    fr: 'La portée doit être un seul destinataire, parmi ceux du client.',
    en: 'The scope must be one recipient, among those of the client.',
  },
  INVALID_TARGET: {
    status: 400,
    fr: 'Le jeton demandé est pour un autre service.',
    en: 'The token is asked for another service.',
  },
  INVALID_DPOP_PROOF: {
    status: 400,
    fr: 'La preuve de possession (DPoP) manque ou n’est pas acceptée.',
    en: 'The proof of possession (DPoP) is missing or not accepted.',
  },
  USE_DPOP_NONCE: {
    status: 401,
    fr: 'La preuve de possession (DPoP) doit porter le nonce de l’en-tête DPoP-Nonce.',
    en: 'The proof of possession (DPoP) must bear the nonce of the header DPoP-Nonce.',
  },
  UNAUTHORIZED_CLIENT: {
    status: 400,
    fr: 'Ce client n’est pas déclaré pour ce destinataire.',
    en: 'This client is not declared for this recipient.',
  },
  UNSUPPORTED_GRANT_TYPE: {
    status: 400,
    fr: 'Ce type d’échange n’est pas offert.',
    en: 'This grant type is not offered.',
  },
  SIGNER_CERTIFICATE: { status: 422, fr: 'Certificat de signataire refusé.', en: 'Certificate of a signer refused.' },
  SIGNING_TOKEN: { status: 422, fr: 'Le module PKCS#11 n’est pas comme déclaré.', en: 'The token is not as declared.' },
  CLIENT_DECLARATION: {
    status: 422,
    fr: 'La déclaration du client est incomplète ou contradictoire, ou l’une de ses clés n’est pas admise.',
    en: 'The declaration of the client is incomplete or contradictory, or one of its keys is not allowed.',
  },
  CERTIFICATE_UNUSABLE: {
    status: 422,
    fr: 'Le certificat n’est pas lisible, n’est pas en cours de validité ou a une clé trop faible.',
    en: 'The certificate is unreadable, not currently valid, or its key is too weak.',
  },
  DECLARATION_LIMIT: {
    status: 409,
    fr: 'Trois FINESS au plus par certificat, trois certificats au plus par établissement.',
    en: 'At most three FINESS per certificate and three certificates per establishment.',
  },
  UNKNOWN_TABLE: {
    status: 404,
    fr: 'Ce tableau d’indicateurs n’est pas déclaré.',
    en: 'This table of indicators is not declared.',
  },
  FORBIDDEN_TABLE: {
    status: 403,
    fr: 'Ce tableau d’indicateurs n’est pas accordé à ce destinataire.',
    en: 'This table of indicators is not granted to this recipient.',
  },
  FORBIDDEN_MODE: {
    status: 403,
    fr: 'Les chiffres sans secret statistique ne sont pas ouverts ici, ou pas pour ce tableau.',
    en: 'Figures without disclosure control are not open here, or not for this table.',
  },
  INVALID_RANGE: {
    status: 400,
    fr: 'La période demandée finit avant de commencer.',
    en: 'The range asked for ends before it begins.',
  },
  INDICATORS_TOO_LARGE: {
    status: 400,
    fr: 'Trop de chiffres en une réponse : demander une période plus courte, ou des semaines ou des mois.',
    en: 'Too many figures in one answer: ask for a shorter range, or for weeks or months.',
  },
  INDICATORS_NOT_PUBLISHED: {
    status: 404,
    fr: 'Aucun indicateur n’est encore publié.',
    en: 'No indicator has been published yet.',
  },
  INTERNAL: {
    status: 500,
    fr: 'Erreur interne ; l’identifiant de requête permet de la retrouver.',
    en: 'Internal error; the request id allows it to be found.',
  },
  UNAVAILABLE: { status: 503, fr: 'Service momentanément indisponible.', en: 'Service temporarily unavailable.' },
} as const satisfies Record<string, ErrorRule>;
