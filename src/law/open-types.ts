/**
 * Types that hold no personal data of article 2, and of which a caller of their operations sees every field. A type that
 * is neither personal nor here stops the start. `hidden` fields stay inside even so.
 */
export const OPEN_TYPES = {
  GrantedRight: { hidden: [] },
  PageInfo: { hidden: [] },
  Indicators: { hidden: [] },
  IndicatorSeries: { hidden: [] },
  VaccinationSite: { hidden: ['military'] },
  SiteOpening: { hidden: [] },
  SupplyLevel: { hidden: [] },
  TargetingImport: { hidden: [] },
  TargetingReject: { hidden: ['sealedLine'] },
  TargetingRun: { hidden: [] },
  InvitationPhase: { hidden: [] },
  InvitationRun: { hidden: [] },
  Trace: { hidden: [] },
  Accreditation: { hidden: ['subject'] },
  BodyDelegation: { hidden: [] },
} as const satisfies Record<string, { hidden: readonly string[] }>;

/** Whether every field of this type may be served. */
export const isOpenType = (name: string): boolean => Object.hasOwn(OPEN_TYPES, name);

export const isHiddenField = (type: string, field: string): boolean =>
  isOpenType(type) && (OPEN_TYPES[type as keyof typeof OPEN_TYPES].hidden as readonly string[]).includes(field);
