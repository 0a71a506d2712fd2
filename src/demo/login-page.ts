import type { DemoAccount } from './accounts.js';

const escaped = (text: string): string => text.replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);

/** The page on which one says who one is; there is no password, the people are invented. */
export const loginPage = (title: string, action: string, accounts: readonly DemoAccount[]): string => `<!doctype html>
<html lang="fr">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>${escaped(title)}</title>
<h1>${escaped(title)}</h1>
<p>Fournisseur d’identité de démonstration : personnes inventées, sans mot de passe.</p>
<form method="post" action="${escaped(action)}">
<ul>
${accounts
  .map(
    ({ name, label }) =>
      `<li><button name="account" value="${escaped(name)}">Se connecter comme ${escaped(label)}</button></li>`,
  )
  .join('\n')}
</ul>
</form>
</html>
`;
