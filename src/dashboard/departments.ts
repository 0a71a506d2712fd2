/** The names of the départements and regions (INSEE, code officiel géographique 2021), and where each one lies on the map. */

export const DEPARTMENT_NAMES: Readonly<Record<string, string>> = {
  '01': 'Ain',
  '02': 'Aisne',
  '03': 'Allier',
  '04': 'Alpes-de-Haute-Provence',
  '05': 'Hautes-Alpes',
  '06': 'Alpes-Maritimes',
  '07': 'Ardèche',
  '08': 'Ardennes',
  '09': 'Ariège',
  '10': 'Aube',
  '11': 'Aude',
  '12': 'Aveyron',
  '13': 'Bouches-du-Rhône',
  '14': 'Calvados',
  '15': 'Cantal',
  '16': 'Charente',
  '17': 'Charente-Maritime',
  '18': 'Cher',
  '19': 'Corrèze',
  '2A': 'Corse-du-Sud',
  '2B': 'Haute-Corse',
  '21': 'Côte-d’Or',
  '22': 'Côtes-d’Armor',
  '23': 'Creuse',
  '24': 'Dordogne',
  '25': 'Doubs',
  '26': 'Drôme',
  '27': 'Eure',
  '28': 'Eure-et-Loir',
  '29': 'Finistère',
  '30': 'Gard',
  '31': 'Haute-Garonne',
  '32': 'Gers',
  '33': 'Gironde',
  '34': 'Hérault',
  '35': 'Ille-et-Vilaine',
  '36': 'Indre',
  '37': 'Indre-et-Loire',
  '38': 'Isère',
  '39': 'Jura',
  '40': 'Landes',
  '41': 'Loir-et-Cher',
  '42': 'Loire',
  '43': 'Haute-Loire',
  '44': 'Loire-Atlantique',
  '45': 'Loiret',
  '46': 'Lot',
  '47': 'Lot-et-Garonne',
  '48': 'Lozère',
  '49': 'Maine-et-Loire',
  '50': 'Manche',
  '51': 'Marne',
  '52': 'Haute-Marne',
  '53': 'Mayenne',
  '54': 'Meurthe-et-Moselle',
  '55': 'Meuse',
  '56': 'Morbihan',
  '57': 'Moselle',
  '58': 'Nièvre',
  '59': 'Nord',
  '60': 'Oise',
  '61': 'Orne',
  '62': 'Pas-de-Calais',
  '63': 'Puy-de-Dôme',
  '64': 'Pyrénées-Atlantiques',
  '65': 'Hautes-Pyrénées',
  '66': 'Pyrénées-Orientales',
  '67': 'Bas-Rhin',
  '68': 'Haut-Rhin',
  '69': 'Rhône',
  '70': 'Haute-Saône',
  '71': 'Saône-et-Loire',
  '72': 'Sarthe',
  '73': 'Savoie',
  '74': 'Haute-Savoie',
  '75': 'Paris',
  '76': 'Seine-Maritime',
  '77': 'Seine-et-Marne',
  '78': 'Yvelines',
  '79': 'Deux-Sèvres',
  '80': 'Somme',
  '81': 'Tarn',
  '82': 'Tarn-et-Garonne',
  '83': 'Var',
  '84': 'Vaucluse',
  '85': 'Vendée',
  '86': 'Vienne',
  '87': 'Haute-Vienne',
  '88': 'Vosges',
  '89': 'Yonne',
  '90': 'Territoire de Belfort',
  '91': 'Essonne',
  '92': 'Hauts-de-Seine',
  '93': 'Seine-Saint-Denis',
  '94': 'Val-de-Marne',
  '95': 'Val-d’Oise',
  '971': 'Guadeloupe',
  '972': 'Martinique',
  '973': 'Guyane',
  '974': 'La Réunion',
  '976': 'Mayotte',
};

export const REGION_NAMES: Readonly<Record<string, string>> = {
  '01': 'Guadeloupe',
  '02': 'Martinique',
  '03': 'Guyane',
  '04': 'La Réunion',
  '06': 'Mayotte',
  '11': 'Île-de-France',
  '24': 'Centre-Val de Loire',
  '27': 'Bourgogne-Franche-Comté',
  '28': 'Normandie',
  '32': 'Hauts-de-France',
  '44': 'Grand Est',
  '52': 'Pays de la Loire',
  '53': 'Bretagne',
  '75': 'Nouvelle-Aquitaine',
  '76': 'Occitanie',
  '84': 'Auvergne-Rhône-Alpes',
  '93': 'Provence-Alpes-Côte d’Azur',
  '94': 'Corse',
};

/**
 * One hexagon a département, of equal size: a map by area would show mostly where nobody lives. Own drawing, so that no
 * geodata and no licence comes with it. An indented row lies half a hexagon to the right; `··` is sea or neighbour.
 */
const MAP = `
  ··  ··  ··  ··  ··  62  59  ··  ··  ··  ··
··  ··  ··  ··  76  80  60  02  ··  ··  ··
  ··  ··  ··  14  27  95  93  08  55  57  ··
··  22  50  61  78  92  75  77  51  54  67
  29  35  53  72  28  91  94  10  52  88  68
··  56  44  49  37  41  45  89  21  70  90
  ··  ··  85  79  36  18  58  71  39  25  ··
··  ··  ··  17  86  23  03  42  69  01  74
  ··  ··  ··  16  87  19  63  43  38  73  ··
··  ··  ··  33  24  46  15  07  26  05  ··
  ··  ··  40  47  82  12  48  30  84  04  06
··  ··  ··  64  32  31  81  34  13  83  ··
  ··  ··  ··  65  09  11  66  ··  ··  ··  2B
··  ··  ··  ··  ··  ··  ··  ··  ··  ··  2A
  971  972  973  974  976
`;

export interface Cell {
  readonly row: number;
  /** In hexagons from the left, halves included. */
  readonly column: number;
}

/** Where each département lies, by code. */
export const MAP_CELLS: Readonly<Record<string, Cell>> = Object.fromEntries(
  MAP.slice(1, -1)
    .split('\n')
    .flatMap((line, row) => {
      const indent = line.startsWith('  ') ? 0.5 : 0;
      const codes = line.trim().split(/\s+/);
      return codes.flatMap((code, at) => (code === '··' ? [] : [[code, { row, column: at + indent }] as const]));
    }),
);
