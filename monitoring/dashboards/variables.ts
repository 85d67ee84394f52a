import { DatasourceVariableBuilder, TextBoxVariableBuilder } from '@grafana/grafana-foundation-sdk/dashboard';

/** How the provisioned data source is called (monitoring/grafana/provisioning/datasources). */
const provisioned = { text: 'Prometheus', value: 'prometheus' };

/** What every panel asks. A variable, so that the file can be imported where the data source is another one. */
export const datasource = { type: 'prometheus', uid: '$datasource' };

/** Can be changed at the top of the page; what is changed there lasts as long as the page is open. */
export const variables = () => [
  new DatasourceVariableBuilder('datasource').label('Prometheus').type('prometheus').current(provisioned),
  textBox('rto', '4')
    .label('RTO (s)')
    .description(
      'The recovery that you ask for, in seconds from the moment HAProxy marks the primary down to the first answer of the standby. 4 s is the target for a crash and a warm host: HAProxy sees it within a second, a command takes a second or two to the host, the container half a second. A pilot light needs minutes. It colours panels and moves nothing.',
    ),
  textBox('park_max', '5000')
    .label('PARK_MAX')
    .description('PARK_MAX as in onprem/.env: HAProxy does not tell it in its metrics.'),
];

function textBox(name: string, value: string): TextBoxVariableBuilder {
  return new TextBoxVariableBuilder(name).defaultValue(value).current({ text: value, value });
}
