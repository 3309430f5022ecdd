package identity

import (
	"slices"

	"gorm.io/gorm"

	"slipway/internal/db"
)

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

func allUsers(tx *db.Tx) ([]User, error) { return loadUsers(tx, tx.Gorm()) }

// few accounts are named one by one in a query for their roles.
const few = 100

// loadUsers gives the accounts of a query with what they may, by name.
func loadUsers(tx *db.Tx, q *gorm.DB) ([]User, error) {
	var users []User
	if err := q.Order("name, id").Find(&users).Error; err != nil || len(users) == 0 {
		return nil, err
	}
	held := tx.Gorm().Order("id")
	if len(users) <= few {
		ids := make([]int64, len(users))
		for i, u := range users {
			ids[i] = u.ID
		}
		held = held.Where("user_id IN ?", ids)
	}
	var roles []userRole
	if err := held.Find(&roles).Error; err != nil {
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

// Vacant lists the roles that a release needs and no active person holds, for
// whatever service.
func Vacant(tx *db.Tx) ([]Role, error) {
	var held []Role
	err := tx.Gorm().Raw("SELECT DISTINCT r.role FROM user_roles r JOIN users u ON u.id = r.user_id WHERE NOT u.disabled").Scan(&held).Error
	return slices.DeleteFunc(needed(), func(r Role) bool { return slices.Contains(held, r) }), err
}

func (u *User) person() Person {
	p := Person{ID: u.ID, Username: u.Username, Name: u.Name, Email: u.Email}
	for _, g := range u.Grants {
		p.Roles = append(p.Roles, g.Role)
	}
	return p
}

// PeopleByRole lists the active people who hold each of the roles for the
// service, by name and without their other roles.
func PeopleByRole(tx *db.Tx, serviceID int64, roles ...Role) (map[Role][]Person, error) {
	rows, err := tx.Gorm().Raw(`SELECT DISTINCT r.role, u.id, u.username, u.name, u.email FROM user_roles r JOIN users u ON u.id = r.user_id
		WHERE NOT u.disabled AND r.role IN ? AND (r.service_id = 0 OR r.service_id = ?) ORDER BY u.name, u.id`, roles, serviceID).Rows()
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	people := map[Role][]Person{}
	for rows.Next() {
		var role Role
		var p Person
		if err := rows.Scan((*string)(&role), &p.ID, &p.Username, &p.Name, &p.Email); err != nil {
			return nil, err
		}
		people[role] = append(people[role], p)
	}
	return people, rows.Err()
}

// People lists the active people who hold one of the roles for the service
// (0: for any), by name. Without roles it lists everybody.
func People(tx *db.Tx, serviceID int64, roles ...Role) ([]Person, error) {
	q := tx.Gorm().Where("NOT disabled")
	if len(roles) > 0 {
		q = q.Where("id IN (SELECT user_id FROM user_roles WHERE role IN ? AND (service_id = 0 OR ? = 0 OR service_id = ?))", roles, serviceID, serviceID)
	}
	users, err := loadUsers(tx, q)
	if err != nil {
		return nil, err
	}
	people := make([]Person, len(users))
	for i := range users {
		people[i] = users[i].person()
	}
	return people, nil
}
