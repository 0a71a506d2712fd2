/**
 * The notices of the AIPD, word for word as it prints them (« Comment les personnes concernées sont-elles informées ? »);
 * its line breaks and doubled spaces are those of a page and not kept.
 */
export const NOTICES = {
  /** On each invitation. */
  invitation:
    'L’envoi de cette invitation s’inscrit dans le cadre du traitement de données dénommé « SI Vaccin Covid » mis en œuvre ' +
    'par l’Assurance Maladie et la Direction Générale de la Santé. Ce traitement de données a pour finalité d’assurer ' +
    'l’organisation, la traçabilité et le suivi de la vaccination contre la Covid-19. Conformément aux dispositions relatives à la ' +
    'protection des données personnelles, vous disposez d’un droit d’accès, de rectification et de limitation aux données qui ' +
    'vous concernent, ainsi que d’un droit d’opposition sur une partie du traitement. Ces droits s’exercent auprès du Directeur ' +
    'de votre caisse d’assurance maladie de rattachement en contactant le ou la délégué(e) à la protection des données. Pour en ' +
    'savoir plus sur le traitement de vos données, rendez-vous sur le site d’information ameli.fr.',
} as const;
