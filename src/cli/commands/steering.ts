import type { Command } from 'commander';
import { loadPopulation } from '../../areas/steering/population.js';
import type { Publication, RebuildResult, SteeringCopy } from '../../areas/steering/steering-copy.js';
import { type CommandContext, withSession } from '../context.js';
import type { Session } from '../session.js';
import { type OperatorAct, traced } from '../traced.js';

const article = 'AIPD, pilotage';

const TEXTS = {
  fr: {
    rebuild: 'Recompte à partir du registre la copie dé-identifiée dont viennent les indicateurs',
    publish: 'Publie les indicateurs : les jours entiers avant ce jour, à la place de la publication précédente',
    population: 'Charge les populations des taux de couverture (CSV : kind;code;population;source;as_of)',
    file: 'fichier CSV',
    json: 'écrit le résultat en JSON',
    cells: 'cellules',
    figures: 'chiffres',
    id: 'publication n°',
    asOf: 'arrêtée au',
    publishedAt: 'publiée le',
    loaded: 'populations chargées',
  },
  en: {
    rebuild: 'Counts the de-identified copy, from which indicators come, anew from the register',
    publish: 'Publishes the indicators: the whole days before today, in the place of the publication before',
    population: 'Loads the populations of coverage rates (CSV: kind;code;population;source;as_of)',
    file: 'CSV file',
    json: 'write the result as JSON',
    cells: 'cells',
    figures: 'figures',
    id: 'publication no.',
    asOf: 'as of',
    publishedAt: 'published at',
    loaded: 'populations loaded',
  },
} as const;

type Options = { readonly json?: true };
type Said = 'cells' | 'figures' | 'id' | 'asOf' | 'publishedAt' | 'loaded';

/** Loaded when it is needed: `--help` needs no register. */
const copyOf = async ({ database, config }: Session) =>
  (await import('../../services.js')).createSteeringCopy(database, config);

/** `lancette rebuild-indicators`, `publish-indicators`, `load-population` (AIPD, base de pilotage). */
export function steering(program: Command, context: CommandContext): void {
  const texts = TEXTS[context.language];
  const say = (result: Partial<Record<Said, unknown>>, { json }: Options): void => {
    const plain = JSON.parse(JSON.stringify(result)) as Record<Said, string | number>;
    context.print(
      json
        ? JSON.stringify(plain)
        : Object.entries(plain)
            .map(([name, value]) => `${texts[name as Said]} : ${value}`)
            .join('\n'),
    );
  };
  const counting =
    <T extends RebuildResult | Publication>(act: OperatorAct<T>, work: (copy: SteeringCopy) => Promise<T>) =>
    (options: Options) =>
      withSession(context, async (session) => {
        const copy = await copyOf(session);
        say({ ...(await traced(session, act, () => work(copy))) }, options);
      });
  program
    .command('rebuild-indicators')
    .description(texts.rebuild)
    .option('--json', texts.json)
    .action(
      counting({ operation: 'rebuildIndicators', article, on: ({ cells }: RebuildResult) => `${cells}` }, (copy) =>
        copy.rebuild(),
      ),
    );
  program
    .command('publish-indicators')
    .description(texts.publish)
    .option('--json', texts.json)
    .action(
      counting({ operation: 'publishIndicators', article, on: ({ id }: Publication) => `${id}` }, (copy) =>
        copy.publish(),
      ),
    );
  program
    .command('load-population')
    .description(texts.population)
    .argument('<csv>', texts.file)
    .option('--json', texts.json)
    .action((file: string, options: Options) =>
      withSession(context, async (session) => {
        const act = { operation: 'loadPopulation', article, on: String } as const;
        say({ loaded: await traced(session, act, () => loadPopulation(session.database, file)) }, options);
      }),
    );
}
