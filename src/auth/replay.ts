/** What is good for one use only, remembered in one place for every instance. */
export interface Replay {
  /** True the first time this proof is seen before `until`; false ever after, on every instance. */
  firstUse(
    kind: 'client-assertion' | 'vihf' | 'dpop' | 'subject-token' | 'delivery-report',
    id: string,
    until: Date,
  ): Promise<boolean>;
}
