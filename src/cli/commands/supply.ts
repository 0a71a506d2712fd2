import type { Command } from 'commander';
import { SupplyService } from '../../areas/supply/supply.service.js';
import { type CommandContext, withSession } from '../context.js';

const TEXTS = {
  fr: {
    movements:
      'Prend en compte un fichier de mouvements de vaccins et de consommables (empreinte dans <fichier>.sha256)',
    openings: 'Prend en compte un fichier d’horaires ; ceux de chaque lieu nommé sont remplacés',
    refresh: 'Recalcule l’approvisionnement d’après les injections enregistrées',
    levels: 'Écrit l’approvisionnement par lieu, produit et lot',
    file: 'fichier CSV',
    json: 'écrit le résultat en JSON',
    recorded: 'lignes enregistrées',
    lots: 'lots suivis',
  },
  en: {
    movements: 'Takes in a file of movements of vaccines and consumables (SHA-256 in <file>.sha256)',
    openings: 'Takes in a file of opening hours; those of each place named are replaced',
    refresh: 'Computes the supply anew from the injections recorded',
    levels: 'Writes the supply by place, product and lot',
    file: 'CSV file',
    json: 'write the result as JSON',
    recorded: 'lines recorded',
    lots: 'lots followed',
  },
} as const;

type Options = { readonly json?: true };
type Result = Readonly<Record<string, number>>;

/** `lancette import-supply`, `import-openings`, `refresh-supply`, `supply` (AIPD, finalités, 2°). */
export function supply(program: Command, context: CommandContext): void {
  const texts = TEXTS[context.language];
  const say = (result: Result, { json }: Options) =>
    context.print(
      json
        ? JSON.stringify(result)
        : Object.entries(result)
            .map(([name, value]) => `${value} ${texts[name as 'recorded' | 'lots']}`)
            .join(', '),
    );
  const command = (
    name: string,
    description: string,
    work: (service: SupplyService, file: string) => Promise<Result>,
  ) =>
    program
      .command(name)
      .description(description)
      .option('--json', texts.json)
      .action((...given: unknown[]) => {
        const file = typeof given[0] === 'string' ? given[0] : '';
        const options = given.at(file ? 1 : 0) as Options;
        return withSession(context, async ({ database }) =>
          say(await work(new SupplyService(database), file), options),
        );
      });
  command('import-supply', texts.movements, async (service, file) => ({
    ...(await service.importMovements(file)),
  })).argument('<file>', texts.file);
  command('import-openings', texts.openings, async (service, file) => ({
    recorded: await service.importOpenings(file),
  })).argument('<file>', texts.file);
  command('refresh-supply', texts.refresh, async (service) => ({ lots: await service.refresh() }));
  program
    .command('supply')
    .description(texts.levels)
    .option('--json', texts.json)
    .action(({ json }: Options) =>
      withSession(context, async ({ database }) => {
        for (const row of await new SupplyService(database).levels())
          context.print(json ? JSON.stringify(row) : Object.values(row).join('\t'));
      }),
    );
}
