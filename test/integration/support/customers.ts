/** A SELECT of made-up customers; few months, high charges and many calls make leaving likelier. Some values are null. */
export function customers(first: number, count: number, seed: number): string {
  const chance = (salt: number, values: number) => `pmod(hash(id, ${seed}, ${salt}), ${values})`;
  return `SELECT customer_id, region, tenure_months, monthly_charge, support_calls, balance, signed_up, last_seen, tags,
    CAST(luck < 400 - 8 * tenure_months + 4 * monthly_charge + 60 * support_calls AS INT) churned
  FROM (SELECT id customer_id,
    element_at(array('EU', 'NA', 'APAC'), 1 + ${chance(1, 3)}) region,
    1 + ${chance(2, 72)} tenure_months,
    15 + ${chance(3, 9500)} / 100D monthly_charge,
    ${chance(4, 10)} support_calls,
    CAST(CASE WHEN ${chance(5, 20)} > 0 THEN ${chance(6, 100_000)} / 100 - 300 END AS DECIMAL(12,2)) balance,
    date_add(DATE '2019-01-01', ${chance(7, 2000)}) signed_up,
    timestamp_micros(1700000000000000 + ${chance(8, 1_000_000_000)} * 1000L + ${chance(9, 1000)}) last_seen,
    CASE ${chance(10, 3)} WHEN 0 THEN array() WHEN 1 THEN array('new', null) END tags,
    ${chance(11, 1000)} luck
  FROM range(${first}, ${first + count}))`;
}
