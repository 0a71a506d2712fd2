// PostGraphile 5 over the same tables, as a process of the bench: started by it, with its packages installed beside it.
import { createServer } from 'node:http';
import { postgraphile } from 'postgraphile';
import { makePgService } from 'postgraphile/adaptors/pg';
import { grafserv } from 'postgraphile/grafserv/node';
import { PostGraphileAmberPreset } from 'postgraphile/presets/amber';

const { peerUrl, poolSize } = JSON.parse(process.env.LANCETTE_BENCH_WORLD);

/** The role of a recipient holds the column grants; PostGraphile's own way is to take it for the request's transaction. */
const preset = {
  extends: [PostGraphileAmberPreset],
  pgServices: [
    makePgService({
      schemas: ['public'],
      connectionString: peerUrl,
      poolConfig: { max: poolSize, options: '-c timezone=UTC -c jit=off' },
      pubsub: false,
    }),
  ],
  grafast: {
    explain: false,
    context: ({ node }) => ({ pgSettings: { role: `bench_${node?.req.headers['x-recipient']}` } }),
  },
  grafserv: { graphqlPath: '/graphql', graphiql: false, websockets: false, watch: false },
  schema: { defaultBehavior: 'list connection' },
};

const instance = postgraphile(preset);
if (process.argv.includes('--print')) {
  const { printSchema } = await import('graphql');
  process.stdout.write(printSchema(await instance.getSchema()));
  process.exit(0);
}
const server = createServer({ keepAliveTimeout: 600_000 });
await instance.createServ(grafserv).addTo(server);
server.listen(0, '127.0.0.1', () => process.send?.({ port: server.address().port }));
process.once('disconnect', () => process.exit(0));
