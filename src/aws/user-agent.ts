/** Stands in the user agent of every call to AWS, so that its record is known as our own (mappers/cloudtrail.ts). */
export const OWN_USER_AGENT = "poolcast";
