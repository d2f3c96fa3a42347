const PATH = /^\/SimpleNotificationService-[0-9a-f]{32}\.pem$/;

/**
 * Whether a certificate may be fetched from here. The pattern of AWS's own validators lets an S3 bucket named `sns`
 * pass (`sns.s3-us-west-2.amazonaws.com`), and with it anybody's certificate; `host` is therefore the one that we made
 * of the topic, and the text is compared as it stands, which leaves no room for a port, a user or a query.
 * https://spaceraccoon.dev/exploiting-improper-validation-amazon-simple-notification-service/
 */
export function isCertificateUrl(url: string, host: string): boolean {
  const origin = `https://${host}`;
  return url.startsWith(origin) && PATH.test(url.slice(origin.length));
}
