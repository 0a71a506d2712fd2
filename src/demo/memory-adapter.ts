import type { Adapter, AdapterPayload } from 'oidc-provider';

const LARGEST = 10_000;

/** What one provider remembers, in memory. One for each: with a common one a token of one issuer would be good at another. */
export class Memory {
  readonly entries = new Map<string, { payload: AdapterPayload; until: number }>();

  adapter = (model: string): Adapter => new MemoryAdapter(this, model);

  put(key: string, payload: AdapterPayload, seconds: number): void {
    if (this.entries.size >= LARGEST) this.forget();
    this.entries.set(key, { payload, until: Date.now() + seconds * 1000 });
  }

  get(key: string): AdapterPayload | undefined {
    const entry = this.entries.get(key);
    return entry && entry.until > Date.now() ? entry.payload : undefined;
  }

  private forget(): void {
    for (const [key, { until }] of this.entries) if (until <= Date.now()) this.entries.delete(key);
    if (this.entries.size >= LARGEST) this.entries.clear();
  }
}

class MemoryAdapter implements Adapter {
  constructor(
    private readonly memory: Memory,
    private readonly model: string,
  ) {}

  async upsert(id: string, payload: AdapterPayload, expiresIn: number): Promise<void> {
    this.memory.put(this.key(id), payload, expiresIn || 3600);
  }

  async find(id: string): Promise<AdapterPayload | undefined> {
    return this.memory.get(this.key(id));
  }

  async findByUid(uid: string): Promise<AdapterPayload | undefined> {
    return this.first((payload) => payload.uid === uid);
  }

  async findByUserCode(userCode: string): Promise<AdapterPayload | undefined> {
    return this.first((payload) => payload.userCode === userCode);
  }

  async consume(id: string): Promise<void> {
    const payload = this.memory.get(this.key(id));
    if (payload) payload.consumed = Math.floor(Date.now() / 1000);
  }

  async destroy(id: string): Promise<void> {
    this.memory.entries.delete(this.key(id));
  }

  async revokeByGrantId(grantId: string): Promise<void> {
    for (const [key, { payload }] of this.memory.entries)
      if (payload.grantId === grantId) this.memory.entries.delete(key);
  }

  private first(fits: (payload: AdapterPayload) => boolean): AdapterPayload | undefined {
    for (const [key, { payload }] of this.memory.entries)
      if (key.startsWith(`${this.model}:`) && fits(payload)) return this.memory.get(key);
    return undefined;
  }

  private key(id: string): string {
    return `${this.model}:${id}`;
  }
}
