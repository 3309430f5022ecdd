package identity

import "slipway/internal/db"

type userRole struct {
	ID        int64
	UserID    int64
	Role      Role
	ServiceID int64
}

// TableName is the table of grants.
func (userRole) TableName() string { return "user_roles" }

func userByName(tx *db.Tx, username string) (*User, error) {
	return loadUser(tx, "username = ?", username)
}

func userByID(tx *db.Tx, id int64) (*User, error) { return loadUser(tx, "id = ?", id) }

func loadUser(tx *db.Tx, query string, arg any) (*User, error) {
	var u User
	if err := tx.First(&u, query, arg); err != nil {
		return nil, err
	}
	grants, err := grantsOf(tx, u.ID)
	u.Grants = grants
	return &u, err
}

func grantsOf(tx *db.Tx, userID int64) ([]Grant, error) {
	var grants []Grant
	err := tx.Gorm().Model(&userRole{}).Where("user_id = ?", userID).Order("id").Select("role", "service_id").Find(&grants).Error
	return grants, err
}

func replaceGrants(tx *db.Tx, userID int64, grants []Grant) error {
	if err := tx.Gorm().Where("user_id = ?", userID).Delete(&userRole{}).Error; err != nil {
		return err
	}
	rows := make([]userRole, len(grants))
	for i, g := range grants {
		rows[i] = userRole{UserID: userID, Role: g.Role, ServiceID: g.ServiceID}
	}
	if len(rows) == 0 {
		return nil
	}
	return tx.Create(&rows)
}

func countUsers(tx *db.Tx) (n int64, err error) {
	return n, tx.Gorm().Model(&User{}).Count(&n).Error
}

// activeHolders counts the enabled accounts that hold a role for every service.
func activeHolders(tx *db.Tx, role Role) (n int64, err error) {
	return n, tx.Gorm().Model(&userRole{}).Joins("JOIN users ON users.id = user_roles.user_id").
		Where("user_roles.role = ? AND user_roles.service_id = 0 AND NOT users.disabled", role).Distinct("user_roles.user_id").Count(&n).Error
}

func allUsers(tx *db.Tx) ([]User, error) {
	var users []User
	if err := tx.Gorm().Order("name, id").Find(&users).Error; err != nil {
		return nil, err
	}
	var roles []userRole
	if err := tx.Gorm().Order("id").Find(&roles).Error; err != nil {
		return nil, err
	}
	byUser := map[int64][]Grant{}
	for _, r := range roles {
		byUser[r.UserID] = append(byUser[r.UserID], Grant{r.Role, r.ServiceID})
	}
	for i := range users {
		users[i].Grants = byUser[users[i].ID]
	}
	return users, nil
}

// FindPerson gives one person by id, disabled or not; NotFound otherwise.
func FindPerson(tx *db.Tx, id int64) (Person, error) {
	u, err := userByID(tx, id)
	if err != nil {
		return Person{}, err
	}
	return u.person(), nil
}

func (u *User) person() Person {
	p := Person{ID: u.ID, Username: u.Username, Name: u.Name, Email: u.Email}
	for _, g := range u.Grants {
		p.Roles = append(p.Roles, g.Role)
	}
	return p
}

// People lists the active people who hold one of the roles for the service
// (0: for any), by name. Without roles it lists everybody.
func People(tx *db.Tx, serviceID int64, roles ...Role) ([]Person, error) {
	users, err := allUsers(tx)
	if err != nil {
		return nil, err
	}
	var people []Person
	for _, u := range users {
		if u.Disabled {
			continue
		}
		holds := len(roles) == 0
		for _, role := range roles {
			holds = holds || u.Actor().Has(role, serviceID)
		}
		if holds {
			people = append(people, u.person())
		}
	}
	return people, nil
}
