import pg from 'pg';

/**
 * A pool that keeps the connection of a statement that PostgreSQL refused. pg's own throws it away, and a new one costs
 * the server what fifty statements cost: whoever makes a statement fail would make it pay that each time.
 */
export class KeepingPool extends pg.Pool {
  constructor(config: pg.PoolConfig) {
    super(config);
    // pg declares seven signatures and nothing that could override them.
    this.query = ((...statement: unknown[]) => this.ask(statement)) as typeof this.query;
  }

  private async ask(statement: unknown[]): Promise<unknown> {
    const client = await this.connect();
    let lost: Error | undefined;
    const lose = (error: Error) => {
      lost = error;
    };
    client.once('error', lose);
    try {
      return await client.query.apply(client, statement as never);
    } catch (error) {
      if (!isRefusal(error)) lose(error as Error);
      throw error;
    } finally {
      client.off('error', lose);
      client.release(lost);
    }
  }
}

/** An answer of the server's after which it waits for the next statement; after anything graver it hangs up. */
const isRefusal = (error: unknown): boolean => error instanceof pg.DatabaseError && error.severity === 'ERROR';
