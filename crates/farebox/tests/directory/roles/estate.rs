//! Two owners and what they have.

use super::{Role, Row, Shows};
use crate::hook::Hook;
use crate::provider::Provider;
use crate::world::{Owner, World};
use serde_json::{Value, json};

pub const HOST: &str = "mine.localhost";
const OTHER_HOST: &str = "theirs.localhost";
/// Of the same form as every token and key, and nobody's.
const NOBODYS: &str = "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef";
pub const SECRET: &str = "the owner's own secret";
const OTHER_SECRET: &str = "another owner's secret";

/// What the owners have.
pub struct Estate {
    pub owner: Owner,
    pub other: Owner,
    pub listing: String,
    pub service: String,
    pub key: String,
    pub other_key: String,
    pub hook: String,
    pub hook_url: String,
    pub url: String,
    /// Something that can be listed for money.
    pub submission: Value,
    /// The name of a file that pages need.
    pub asset: String,
}

impl Estate {
    pub async fn build(world: &World, provider: &Provider, hook: &Hook) -> Self {
        let listing = world.list(provider, HOST).await;
        let other_listing = world.list(provider, OTHER_HOST).await;
        let (key, service) = manage(world, provider, &listing).await;
        let (other_key, _) = manage(world, provider, &other_listing).await;
        let body = json!({ "url": hook.url, "secret": SECRET });
        let registered = world.post("/api/v1/webhooks", body).await.expect(201);
        Self {
            owner: world.own(provider, HOST).await,
            other: world.own(provider, OTHER_HOST).await,
            listing,
            service,
            key,
            other_key,
            hook: registered["id"].as_str().unwrap().to_owned(),
            hook_url: hook.url.clone(),
            url: provider.url(HOST),
            submission: world.get("/api/schema").await.expect(200)["examples"][0].clone(),
            asset: asset(world).await,
        }
    }

    fn claim(&self, role: Role) -> Option<(&str, &str)> {
        match role {
            Role::Anonymous | Role::Admin => None,
            Role::Stranger => Some((HOST, NOBODYS)),
            Role::Other => Some((OTHER_HOST, &self.other.token)),
            Role::Owner => Some((HOST, &self.owner.token)),
        }
    }

    pub fn headers(&self, world: &World, role: Role, shows: Shows) -> Vec<(&'static str, String)> {
        let of_role = |stranger: &str, other: &str, owner: &str| match role {
            Role::Anonymous | Role::Admin => None,
            Role::Stranger => Some(stranger.to_owned()),
            Role::Other => Some(other.to_owned()),
            Role::Owner => Some(owner.to_owned()),
        };
        let bearer = |token: String| vec![("authorization", format!("Bearer {token}"))];
        if role == Role::Admin && shows != Shows::Nothing {
            return bearer(world.admin_secret.clone());
        }
        let (other, owner) = (&self.other.token, &self.owner.token);
        match shows {
            Shows::Nothing | Shows::Claim | Shows::Token => Vec::new(),
            Shows::Bearer => of_role(NOBODYS, other, owner).map(bearer).unwrap_or_default(),
            Shows::Key => {
                of_role(NOBODYS, &self.other_key, &self.key).map(bearer).unwrap_or_default()
            }
            Shows::Secret => {
                let secret = of_role(NOBODYS, OTHER_SECRET, SECRET);
                secret.map(|secret| ("x-webhook-secret", secret)).into_iter().collect()
            }
        }
    }

    pub fn body(&self, role: Role, row: &Row) -> Option<Value> {
        let mut body = row.body.clone()?;
        if let (Shows::Claim | Shows::Token, Some((domain, token))) = (row.shows, self.claim(role))
        {
            body["domain"] = if row.shows == Shows::Token { HOST } else { domain }.into();
            body["verification_token"] = token.into();
        }
        Some(body)
    }
}

async fn asset(world: &World) -> String {
    let page = world.get("/").await.text;
    let (_, asset) = page.split_once("/assets/").unwrap();
    asset.split(['"', '\'']).next().unwrap().to_owned()
}

/// Takes over the service of a listing; returns its key and its id.
async fn manage(world: &World, provider: &Provider, listing: &str) -> (String, String) {
    let shown = world.get(&format!("/api/v1/services/{listing}")).await.expect(200);
    let service = shown["service_id"].as_str().unwrap().to_owned();
    let path = format!("/api/claim/{service}");
    let challenge = world.post(&path, json!({})).await.expect(201);
    provider.publish(challenge["challenge_hash"].as_str().unwrap());
    let token = json!({ "claim_token": challenge["claim_token"] });
    let managed = world.post(&format!("{path}/verify"), token).await.expect(200);
    (managed["management_key"].as_str().unwrap().to_owned(), service)
}
