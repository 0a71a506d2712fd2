import { Marks1700000000017 } from '../../migrations/17-marks.js';
import { prepareDatabase } from '../../src/application.js';
import { aPatient } from '../builders/a-patient.js';
import { aRegister, type Register } from '../builders/a-register.js';

let register: Register;
beforeAll(async () => {
  register = await aRegister();
});
afterAll(() => register.close());

describe('migration 17', () => {
  it('marks the consultations that were recorded before it, which stay final', async () => {
    const consulted = await aPatient(register, 1, { eligible: true });
    const vaccinated = await aPatient(register, 2, { doses: 1 });
    const runner = register.database.owner.createQueryRunner();
    const marks = new Marks1700000000017();
    const changed = () => runner.query('update eligibility_step set performed_at = now()');
    await marks.down(runner);
    await expect(changed()).rejects.toMatchObject({ code: 'LC001' });
    await marks.up(runner);
    await prepareDatabase(register.database);
    expect(await runner.query('select patient_key as key, vaccinated from eligibility_step order by 1')).toEqual([
      { key: consulted.key, vaccinated: false },
      { key: vaccinated.key, vaccinated: true },
    ]);
    await expect(changed()).rejects.toMatchObject({ code: 'LC001' });
    await runner.release();
  });
});
